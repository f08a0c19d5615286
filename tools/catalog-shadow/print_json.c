/* The report for programs: fields are added, never renamed. */
#include "shadow.h"

#include "common/sbuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put_tally(struct sbuf *out, const char *name, const struct tally *tally)
{
    sbuf_printf(out, ",\"%s\":{", name);
    for (size_t i = 0; i < tally->count; i++) {
        if (i)
            sbuf_putc(out, ',');
        sbuf_put_json(out, tally->rows[i].name, strlen(tally->rows[i].name));
        sbuf_printf(out, ":%" PRIu64, tally->rows[i].count);
    }
    sbuf_putc(out, '}');
}

static void put_kinds(struct sbuf *out, const struct shadow *shadow)
{
    sbuf_puts(out, ",\"kinds\":{");
    for (int i = 0; i < SHADOW_KIND_COUNT; i++)
        sbuf_printf(out, "%s\"%s\":%" PRIu64, i ? "," : "", shadow_kind_name((enum shadow_kind)i),
                    shadow->kinds[i]);
    sbuf_putc(out, '}');
}

static void put_results(struct sbuf *out, const struct shadow_results *results)
{
    sbuf_printf(out,
                ",\"results\":{\"records\":%" PRIu64 ",\"foreign\":%" PRIu64 ",\"events\":%" PRIu64
                ",\"repeated\":%" PRIu64 ",\"superseded\":%" PRIu64 ",\"unchanged\":%" PRIu64
                ",\"failed\":%" PRIu64 "},\"planned_calls\":{",
                results->records, results->foreign, results->events, results->repeated, results->superseded,
                results->unchanged, results->failed);
    for (int i = 0; i < PLAN_CALL_COUNT; i++)
        sbuf_printf(out, "%s\"%s\":%" PRIu64, i ? "," : "", plan_call_name((enum plan_call)i),
                    results->calls[i]);
    sbuf_putc(out, '}');
}

static void put_lookups(struct sbuf *out, const struct shadow *shadow)
{
    uint64_t calls = 0;

    for (size_t i = 0; i < shadow->config->catalog_count; i++)
        calls += shadow->batches[i] ? shadow->batches[i]->lookup.calls : 0;
    sbuf_printf(out, ",\"looked_up\":%" PRIu64 ",\"lookups\":%" PRIu64 ",\"not_compared\":[", shadow->looked,
                calls);
    for (size_t i = 0; i < shadow->uncompared.count; i++)
        sbuf_printf(out, "%s\"%s\"", i ? "," : "", shadow->uncompared.rows[i].name);
    sbuf_putc(out, ']');
}

void shadow_print_json(const struct shadow *shadow)
{
    struct sbuf out;

    sbuf_init(&out, SHADOW_LINE_BYTES);
    sbuf_puts(&out, shadow->options->list ? "{\"summary\":true,\"topic\":" : "{\"topic\":");
    sbuf_put_json(&out, shadow->config->topic_results, strlen(shadow->config->topic_results));
    sbuf_printf(&out, ",\"products\":%" PRIu64 ",\"agreeing\":%" PRIu64 ",\"differing\":%" PRIu64,
                shadow->total, shadow_agreeing(shadow), shadow_differing(shadow));
    put_kinds(&out, shadow);
    put_tally(&out, "fields", &shadow->fields);
    put_tally(&out, "reasons", &shadow->reasons);
    put_results(&out, &shadow->results);
    put_lookups(&out, shadow);
    sbuf_printf(&out,
                ",\"dead_letters\":{\"open\":%" PRIu64 ",\"products\":%" PRIu64 ",\"nameless\":%" PRIu64
                "},\"waiting\":%" PRIu64 ",\"complete\":%s",
                shadow->letters.open, shadow->letters.products, shadow->letters.nameless, shadow->waiting,
                shadow->missing[0] ? "false" : "true");
    if (shadow->missing[0]) {
        sbuf_puts(&out, ",\"missing\":");
        sbuf_put_json(&out, shadow->missing, strlen(shadow->missing));
    }
    sbuf_puts(&out, "}");
    puts(sbuf_str(&out));
    sbuf_free(&out);
}
