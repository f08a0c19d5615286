/* Late writes: the newest event of a product is fetched from its place in the log and done again. */
#include "common/log.h"
#include "worker/runtime/reactor.h"

void repair_failed(struct reactor *r, const char *why, const char *error)
{
    r->counts.repairs_failed++;
    log_error("a late write could not be repaired: publish the product again (product.resync)",
              log_str("reason", why), log_str("error", error));
}

void perform_repair(struct reactor *r, struct op_id op)
{
    const struct payload *payload = payload_of(r->payloads, op);

    log_warn("a write of this worker may have landed after a newer one: the product is written again",
             log_bytes("product_id", payload->event->product_id.ptr, payload->event->product_id.len),
             log_uint("version", payload->version));
    redis_store_newest(r->store, (uint8_t)payload->event->catalog_index, payload->event->product_id);
}

void repair_fetched(void *arg, uint64_t cookie, enum fetch_status status, struct kafka_record record,
                    const char *error)
{
    struct reactor *r = arg;

    (void)cookie;
    if (status != FETCH_FOUND) {
        repair_failed(r, "the product's newest event cannot be read", error);
        return;
    }
    intake_repair(r, record);
}
