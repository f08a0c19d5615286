#include "worker/runtime/payloads.h"

#include "common/assertx.h"

#include <stdlib.h>
#include <string.h>

struct payloads {
    uint32_t slots;
    struct payload list[];
};

struct payloads *payloads_create(uint32_t slots)
{
    struct payloads *table = calloc(1, sizeof *table + slots * sizeof(struct payload));

    if (table)
        table->slots = slots;
    return table;
}

static void *owned_alloc(size_t size)
{
    void *mem = malloc(size);

    ASSERT(mem != NULL); /* the window bounds what is held: out of memory means a limit below our own */
    return mem;
}

void payload_set(char **owned, const char *bytes, size_t len)
{
    free(*owned);
    *owned = NULL;
    if (len == 0)
        return;
    *owned = owned_alloc(len + 1);
    memcpy(*owned, bytes, len);
    (*owned)[len] = '\0';
}

static void clear(struct payload *payload)
{
    kafka_record_free(&payload->record);
    event_free(payload->event);
    free(payload->main_sku);
    free(payload->memory_sku);
    for (size_t i = 0; i < CORE_OLD_SKUS_MAX; i++)
        free(payload->old_skus[i]);
    free(payload->superseded_by);
    free(payload->blob);
    free(payload->planned);
    free(payload->verdict);
    if (payload->absorbed) {
        for (uint32_t i = 0; i < payload->absorbed->listed; i++)
            free(payload->absorbed->ids[i]);
        free(payload->absorbed);
    }
    memset(payload, 0, sizeof *payload);
}

void payloads_destroy(struct payloads *table)
{
    if (!table)
        return;
    for (uint32_t i = 0; i < table->slots; i++)
        clear(&table->list[i]);
    free(table);
}

struct payload *payload_find(struct payloads *table, struct op_id op)
{
    ASSERT(op.slot < table->slots);
    return table->list[op.slot].gen == op.gen ? &table->list[op.slot] : NULL;
}

struct payload *payload_of(struct payloads *table, struct op_id op)
{
    struct payload *payload = payload_find(table, op);

    ASSERT(payload != NULL);
    return payload;
}

struct payload *payload_take(struct payloads *table, struct op_id op)
{
    ASSERT(op.slot < table->slots && op.gen != 0);
    clear(&table->list[op.slot]);
    table->list[op.slot].gen = op.gen;
    return &table->list[op.slot];
}

void payload_drop(struct payloads *table, struct op_id op)
{
    struct payload *payload = payload_find(table, op);

    if (payload)
        clear(payload);
}

void payload_absorb(struct payload *payload, struct text event_id)
{
    struct absorbed_ids *absorbed = payload->absorbed;

    if (!absorbed) {
        absorbed = payload->absorbed = owned_alloc(sizeof *absorbed);
        memset(absorbed, 0, sizeof *absorbed);
    }
    absorbed->count++;
    if (absorbed->listed < CORE_ABSORBED_IDS_MAX && event_id.len > 0) {
        absorbed->ids[absorbed->listed] = NULL;
        payload_set(&absorbed->ids[absorbed->listed], event_id.ptr, event_id.len);
        absorbed->listed++;
    }
}

int64_t payload_record_ms(const struct payload *payload)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = payload->record.message ? rd_kafka_message_timestamp(payload->record.message, &type) : 0;

    return ms > 0 ? ms : payload->received_ms;
}

struct text payload_sku(const struct payload *payload, uint8_t target)
{
    const char *sku = target == 0 ? payload->main_sku : payload->old_skus[target - 1];

    if (sku)
        return (struct text){.ptr = sku, .len = (uint32_t)strlen(sku)};
    if (target == 0 && payload->event)
        return payload->event->sku;
    return (struct text){.ptr = "", .len = 0};
}
