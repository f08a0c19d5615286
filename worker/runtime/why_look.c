/* Why nothing moves, of this worker now: the facts out of the core and the adapters, the reason that
 * dominates, and one log line when it changes. */
#include "common/iso8601.h"
#include "common/log.h"
#include "common/sbuf.h"
#include "worker/runtime/metrics.h"
#include "worker/runtime/reactor.h"

#include <inttypes.h>
#include <string.h>

/* One look's tables: too large for the stack, and looked at on the loop's thread only. */
static struct why_catalog catalogs[CONFIG_CATALOGS_MAX];
static struct why_partition partitions[CORE_PARTITIONS_MAX];
static struct source_position positions[CORE_PARTITIONS_MAX];

int64_t why_partition_lag(const struct reactor *r, const struct source_position *position)
{
    int64_t done = core_committable(r->core, position->partition);
    struct core_op_view oldest;

    if (!core_view_oldest(r->core, position->partition, &oldest) && position->reached > done)
        done = position->reached;
    return why_lag(done, position->high);
}

static void look_at_partitions(struct reactor *r, struct why_facts *facts)
{
    struct core_partition_view view;
    size_t n;

    for (n = 0; n < CORE_PARTITIONS_MAX && kafka_source_position(r->source, n, &positions[n]); n++) {
        struct why_partition *part = &partitions[n];

        core_view_partition(r->core, positions[n].partition, &view);
        part->lag = why_partition_lag(r, &positions[n]);
        part->full = view.full != CORE_FULL_NOT;
        part->open = core_view_oldest(r->core, positions[n].partition, &part->oldest);
        if (part->open && part->oldest.catalog < r->config->catalog_count)
            catalogs[part->oldest.catalog].has_work = true;
    }
    facts->partitions = partitions;
    facts->partitions_count = n;
}

static void look_at_catalogs(struct reactor *r, struct why_facts *facts)
{
    struct core_catalog_view view;

    for (uint8_t i = 0; i < r->config->catalog_count; i++) {
        core_view_catalog(r->core, i, &view);
        catalogs[i] = (struct why_catalog){
            .gate = view.gate,
            .until_us = view.gate != GATE_WORKS ? view.gate_until_us : view.budget_until_us,
            .budget_out = view.budget_out,
            .has_work = view.waiting_claim + view.ready + view.claimed + view.inflight > 0,
        };
        if (view.gate == GATE_WORKS)
            facts->calling += view.inflight;
    }
    facts->catalogs = catalogs;
    facts->catalogs_count = r->config->catalog_count;
}

/* What the answer is about, for people: a catalog by its name, else the partition whose oldest record tells.
 */
static const char *subject(const struct reactor *r, const struct why_answer *now, int32_t *partition)
{
    *partition = -1;
    if (now->catalog < r->config->catalog_count)
        return r->config->catalogs[now->catalog].name;
    if (now->partition >= CORE_PARTITIONS_MAX)
        return NULL;
    *partition = positions[now->partition].number;
    return r->settings.topics[positions[now->partition].topic];
}

static void tell(const struct reactor *r, enum why_tell what, usec_t now_us)
{
    const struct why_track *track = &r->why;
    int32_t partition;
    const char *about = subject(r, &track->now, &partition);
    bool catalog = track->now.catalog != SIZE_MAX;

    if (what == WHY_TELL_MOVES)
        log_info("things move again", log_str("reason", why_name(track->now.why)),
                 log_milli("after_seconds", (track->lasts_us - track->told_us) / 1000));
    else if (what == WHY_TELL_WAITS)
        log_warn("nothing moves", log_str("reason", why_name(track->now.why)),
                 log_str("words", why_words(track->now.why)), log_str("catalog", catalog ? about : NULL),
                 log_str("topic", catalog ? NULL : about),
                 log_milli("since_seconds", (now_us - track->since_us) / 1000));
}

void why_look(struct reactor *r)
{
    usec_t now_us = loop_now_us(r->loop);
    struct why_facts facts = {.now_us = now_us,
                              .stopping = r->stopping,
                              .kafka_down = r->kafka_down,
                              .joined = r->source && kafka_source_joined(r->source),
                              .redis_up = r->store && redis_store_is_up(r->store)};
    struct core_store_view store;
    struct core_stats stats;
    struct why_answer now;

    core_view_store(r->core, &store);
    facts.store = store.state;
    facts.quiet_until_us = store.quiet_until_us;
    look_at_catalogs(r, &facts);
    look_at_partitions(r, &facts);
    core_stats(r->core, &stats);
    facts.unacked_us = why_unacked_us(r->sink ? kafka_sink_pending(r->sink) : 0, r->unacked_failed,
                                      stats.open, r->unacked_since_us, now_us);
    now = why_dominant(&facts);
    tell(r, why_follow(&r->why, &now, now_us), now_us);
}

/* `,"until":...,"ends_in_ms":...`; both null where nothing is known. */
static void put_until(struct sbuf *page, const struct reactor *r, usec_t until_us)
{
    char text[ISO8601_TEXT_BYTES];
    int64_t left_ms = (until_us - loop_now_us(r->loop)) / 1000;

    if (until_us <= 0) {
        sbuf_puts(page, ",\"until\":null,\"ends_in_ms\":null");
        return;
    }
    if (left_ms < 0)
        left_ms = 0;
    iso8601_format_ms(reactor_wall_ms() + left_ms, text);
    sbuf_printf(page, ",\"until\":\"%s\",\"ends_in_ms\":%" PRId64, text, left_ms);
}

void why_status(struct sbuf *page, const struct reactor *r)
{
    const struct why_track *track = &r->why;
    int64_t for_ms = (loop_now_us(r->loop) - track->since_us) / 1000;
    char since[ISO8601_TEXT_BYTES], sentence[256];
    int32_t partition;
    const char *about = subject(r, &track->now, &partition);
    bool catalog = track->now.catalog != SIZE_MAX;

    iso8601_format_ms(reactor_wall_ms() - for_ms, since);
    snprintf(sentence, sizeof sentence, "%s%s%s%s", catalog && about ? "catalog " : "",
             catalog && about ? about : "", catalog && about ? ": " : "", why_words(track->now.why));
    sbuf_puts(page, "\"waiting_for\":");
    sbuf_put_json(page, sentence, why_waits(track->now.why) ? strlen(sentence) : 0);
    sbuf_printf(page, ",\"why\":{\"reason\":\"%s\"", why_name(track->now.why));
    sbuf_put_json_member(page, "words", why_words(track->now.why));
    sbuf_put_json_member(page, "catalog", catalog ? about : NULL);
    sbuf_put_json_member(page, "topic", catalog ? NULL : about);
    if (partition >= 0)
        sbuf_printf(page, ",\"partition\":%" PRId32, partition);
    sbuf_printf(page, ",\"since\":\"%s\",\"for_ms\":%" PRId64, since, for_ms);
    put_until(page, r, track->now.until_us);
    sbuf_puts(page, "}");
}

static void put_oldest(struct sbuf *page, struct reactor *r, const struct core_op_view *oldest)
{
    const struct payload *payload = payload_find(r->payloads, oldest->op);
    const struct event *event = payload ? payload->event : NULL;

    sbuf_printf(page, "{\"offset\":%" PRId64 ",\"state\":\"%s\",\"waits_for\":\"%s\",\"attempts\":%u",
                oldest->offset, oldest->state, core_wait_name(oldest->wait), (unsigned)oldest->attempts);
    put_until(page, r, oldest->until_us);
    sbuf_put_json_member(
        page, "catalog",
        oldest->catalog < r->config->catalog_count ? r->config->catalogs[oldest->catalog].name : NULL);
    sbuf_put_json_member(page, "product_id", event && event->has_product ? event->product_id.ptr : NULL);
    sbuf_put_json_member(page, "sku", event && event->has_sku ? event->sku.ptr : NULL);
    if (payload)
        sbuf_printf(page, ",\"age_ms\":%" PRId64, reactor_wall_ms() - payload->received_ms);
    sbuf_puts(page, "}");
}

const char *why_bound_name(enum core_full full)
{
    static const char *const bounds[] = {[CORE_FULL_NOT] = "",
                                         [CORE_FULL_PARTITION] = "partition",
                                         [CORE_FULL_SPAN] = "span",
                                         [CORE_FULL_TOPIC] = "topic"};

    return bounds[full];
}

void why_status_partition(struct sbuf *page, struct reactor *r, const struct source_position *position)
{
    struct core_partition_view view;
    struct core_op_view oldest;
    int64_t lag = why_partition_lag(r, position);

    core_view_partition(r->core, position->partition, &view);
    if (lag >= 0)
        sbuf_printf(page, ",\"lag\":%" PRId64, lag);
    else
        sbuf_puts(page, ",\"lag\":null");
    sbuf_printf(page, ",\"open\":%" PRIu32 ",\"committed\":%" PRId64 ",\"window_full\":\"%s\",\"oldest\":",
                view.open, view.committed, why_bound_name(view.full));
    if (core_view_oldest(r->core, position->partition, &oldest))
        put_oldest(page, r, &oldest);
    else
        sbuf_puts(page, "null");
}
