/* What is remembered, as JSON. */
#include "common/iso8601.h"
#include "tools/kit/memory.h"

#include <string.h>

const char *kit_item_state_name(char letter)
{
    switch (letter) {
    case 'a': return "absent";
    case 'l': return "live";
    case 'h': return "hidden";
    case 'd': return "deleted";
    default: return "never said";
    }
}

static void put_text(struct sbuf *out, const char *name, const char *text)
{
    if (text[0])
        sbuf_put_json_member(out, name, text);
}

static void put_time(struct sbuf *out, const char *name, int64_t ms)
{
    char text[ISO8601_TEXT_BYTES];

    if (ms <= 0)
        return;
    sbuf_printf(out, ",\"%s\":\"", name);
    sbuf_put(out, text, iso8601_format_ms(ms, text));
    sbuf_putc(out, '"');
}

static void put_number(struct sbuf *out, const char *name, int64_t number)
{
    sbuf_printf(out, ",\"%s\":", name);
    sbuf_put_i64(out, number);
}

void kit_memory_sku_json(const struct kit_sku *record, struct sbuf *out)
{
    sbuf_puts(out, "{\"sku\":");
    sbuf_put_json(out, record->sku, strlen(record->sku));
    sbuf_puts(out, record->exists ? ",\"known\":true" : ",\"known\":false");
    put_text(out, "owner", record->owner);
    put_text(out, "catalog_id", record->item_id);
    put_text(out, "lease_token", record->lease_token);
    put_time(out, "leased_until", record->lease_until_ms);
    put_text(out, "lease_content", record->lease_content);
    put_text(out, "fence", record->fence);
    put_time(out, "uncertain_until", record->uncertain_until_ms);
    put_text(out, "uncertain_content", record->uncertain_content);
    put_time(out, "written_at", record->written_at_ms);
    sbuf_putc(out, '}');
}

static void put_others(const struct kit_memory *memory, struct sbuf *out)
{
    if (memory->others_count == 0)
        return;
    sbuf_puts(out, ",\"other_skus\":[");
    for (uint32_t i = 0; i < memory->others_count; i++) {
        if (i > 0)
            sbuf_putc(out, ',');
        sbuf_put_json(out, memory->others[i], strlen(memory->others[i]));
    }
    sbuf_putc(out, ']');
}

static void put_records(const struct kit_memory *memory, struct sbuf *out)
{
    sbuf_puts(out, ",\"skus\":[");
    for (uint32_t i = 0; i < memory->records_count; i++) {
        if (i > 0)
            sbuf_putc(out, ',');
        kit_memory_sku_json(&memory->records[i], out);
    }
    sbuf_putc(out, ']');
}

void kit_memory_json(const struct kit_memory *memory, struct sbuf *out)
{
    sbuf_puts(out, "{\"catalog\":");
    sbuf_put_json(out, memory->catalog, strlen(memory->catalog));
    put_text(out, "product_id", memory->product_id);
    sbuf_puts(out, memory->exists ? ",\"known\":true" : ",\"known\":false");
    if (memory->exists) {
        put_number(out, "last_version", memory->last_version);
        put_number(out, "current_version", memory->current_version);
        put_text(out, "item", kit_item_state_name(memory->item_state));
        put_text(out, "state", memory->clean ? "clean" : "dirty");
        put_text(out, "sku", memory->sku);
        put_others(memory, out);
        put_text(out, "content", memory->content);
        put_text(out, "event_id", memory->event_id);
        put_text(out, "source", memory->source);
        if (memory->offset >= 0)
            put_number(out, "offset", memory->offset);
        if (memory->epoch > 0)
            put_number(out, "epoch", memory->epoch);
        put_time(out, "confirmed_at", memory->confirmed_at_ms);
        put_number(out, "claims", memory->claims);
        sbuf_puts(out, memory->late_write ? ",\"late_write\":true" : ",\"late_write\":false");
        put_records(memory, out);
    }
    sbuf_putc(out, '}');
}
