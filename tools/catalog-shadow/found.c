/* What was found of one product. */
#include "shadow.h"

#include "common/sbuf.h"
#include "common/textsafe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_SHOWN = 60, FIELDS_SHOWN = 3, TEXT_BYTES = 1024 };

/* ---- for people ---- */

static void put_value(struct sbuf *out, const cJSON *value)
{
    char *text = value ? cJSON_PrintUnformatted(value) : NULL, cut[4 * VALUE_SHOWN];
    size_t len = text ? strlen(text) : 0, kept = textsafe_cut(text, len, VALUE_SHOWN);

    textsafe_copy(cut, sizeof cut, text, kept);
    sbuf_puts(out, text ? cut : "nothing");
    if (kept < len)
        sbuf_puts(out, "...");
    cJSON_free(text);
}

static void put_difference(struct sbuf *out, const struct difference *d)
{
    sbuf_printf(out, "%s is ", d->name);
    put_value(out, d->found);
    sbuf_puts(out, ", planned ");
    put_value(out, d->planned);
}

static void put_differences(struct sbuf *out, const struct differences *differences)
{
    size_t shown = differences->count < FIELDS_SHOWN ? differences->count : FIELDS_SHOWN;

    for (size_t i = 0; i < shown; i++) {
        sbuf_puts(out, i ? "; " : ": ");
        put_difference(out, &differences->list[i]);
    }
    if (shown < differences->count)
        sbuf_printf(out, "; %zu more", differences->count - shown);
}

static void put_name(struct sbuf *out, const struct plan *plan)
{
    if (plan->sku)
        sbuf_printf(out, "%s (product %s)", plan->sku, plan->product);
    else
        sbuf_printf(out, "product %s", plan->product);
}

static void put_words(struct sbuf *out, enum shadow_kind kind, const struct plan *plan,
                      const struct kit_wanted *wanted, const struct differences *differences)
{
    put_name(out, plan);
    switch (kind) {
    case KIND_FAILED:
        sbuf_printf(out, ": %s: %s", plan->reason ? plan->reason : "no reason",
                    plan->message ? plan->message : "no message");
        break;
    case KIND_MISSING: sbuf_printf(out, ": planned for catalog_id %s", plan->catalog_id); break;
    case KIND_OTHER_ID:
        sbuf_printf(out, ": the catalog's id is %s, planned for %s", wanted->id, plan->catalog_id);
        break;
    case KIND_EXISTS:
    case KIND_PRESENT:
    case KIND_LEFT: sbuf_printf(out, ": the catalog's id is %s", wanted->id); break;
    case KIND_DIFFERS: put_differences(out, differences); break;
    default: break;
    }
}

/* ---- for programs ---- */

static void put_text(struct sbuf *out, const char *name, const char *text)
{
    if (text && text[0])
        sbuf_put_json_member(out, name, text);
}

static void put_json_value(struct sbuf *out, const char *name, const cJSON *value)
{
    char *text = value ? cJSON_PrintUnformatted(value) : NULL;

    sbuf_printf(out, ",\"%s\":%s", name, text ? text : "null");
    cJSON_free(text);
}

static void put_json(struct sbuf *out, enum shadow_kind kind, const struct plan *plan,
                     const struct kit_wanted *wanted, const struct differences *differences)
{
    size_t kept = differences->count < DIFFERENCES_MAX ? differences->count : DIFFERENCES_MAX;

    sbuf_printf(out, "{\"kind\":\"%s\"", shadow_kind_name(kind));
    put_text(out, "catalog", plan->catalog);
    put_text(out, "product_id", plan->product);
    put_text(out, "sku", plan->sku);
    if (plan->version > 0)
        sbuf_printf(out, ",\"version\":%" PRId64, plan->version);
    put_text(out, "planned_catalog_id", plan->catalog_id);
    put_text(out, "found_catalog_id", wanted ? wanted->id : NULL);
    if (kind == KIND_FAILED) {
        put_text(out, "reason", plan->reason);
        put_text(out, "message", plan->message);
    }
    for (size_t i = 0; i < kept; i++) {
        sbuf_printf(out, "%s{\"name\":\"%s\"", i ? "," : ",\"fields\":[", differences->list[i].name);
        put_json_value(out, "planned", differences->list[i].planned);
        put_json_value(out, "found", differences->list[i].found);
        sbuf_putc(out, '}');
    }
    sbuf_puts(out, kept ? "]}" : "}");
}

/* ---- counts, examples, lines ---- */

static void count_fields(struct shadow *shadow, const struct plan *plan,
                         const struct differences *differences)
{
    for (size_t i = 0; i < differences->count && i < DIFFERENCES_MAX; i++) {
        struct tally_row *row = tally_add(&shadow->fields, differences->list[i].name);
        char memory[TEXT_BYTES];
        struct sbuf text;

        if (row->count > 1)
            continue;
        sbuf_init_fixed(&text, memory, sizeof memory);
        put_name(&text, plan);
        sbuf_puts(&text, ": ");
        put_difference(&text, &differences->list[i]);
        textsafe_copy(row->example, sizeof row->example, sbuf_str(&text), text.len);
    }
}

static void keep_example(struct shadow *shadow, enum shadow_kind kind, const char *text, size_t len)
{
    uint64_t at = shadow->kinds[kind];
    char safe[TEXT_BYTES];

    if (at >= (uint64_t)shadow->options->examples)
        return;
    textsafe_copy(safe, sizeof safe, text, len);
    shadow->examples[kind][at] = strdup(safe);
}

static void write_line(struct shadow *shadow, enum shadow_kind kind, const char *words, const char *json)
{
    char safe[2 * TEXT_BYTES];

    textsafe_copy(safe, sizeof safe, words, strlen(words));
    kit_progress_clear(&shadow->progress);
    if (shadow->options->json)
        shadow->output_lost = puts(json) < 0 || shadow->output_lost;
    else
        shadow->output_lost = printf("%-10s %s\n", shadow_kind_name(kind), safe) < 0 || shadow->output_lost;
}

void shadow_found(struct shadow *shadow, const struct plan *plan, const struct kit_wanted *wanted,
                  const struct differences *differences)
{
    enum shadow_kind kind = verdict(plan, wanted, differences);
    struct sbuf words, json;

    sbuf_init(&words, SHADOW_LINE_BYTES);
    sbuf_init(&json, SHADOW_LINE_BYTES);
    put_words(&words, kind, plan, wanted, differences);
    put_json(&json, kind, plan, wanted, differences);
    count_fields(shadow, plan, differences);
    if (kind == KIND_FAILED)
        tally_add(&shadow->reasons, plan->reason ? plan->reason : "no reason");
    keep_example(shadow, kind, sbuf_str(&words), words.len);
    shadow->kinds[kind]++;
    if (shadow->options->list && shadow->options->listed[kind])
        write_line(shadow, kind, sbuf_str(&words), sbuf_str(&json));
    sbuf_free(&words);
    sbuf_free(&json);
}
