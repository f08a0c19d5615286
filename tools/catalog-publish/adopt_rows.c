/* The rows of an adoption, and those among them that contradict each other. */
#include "adopt.h"

#include "common/jsonscan.h"
#include "common/jsonsplit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JSON_DEPTH = 64,
    MEMBERS_MAX = 256,
    PRODUCT_MAX_BYTES = 256,
    SKU_MAX_BYTES = 400, /* 100 characters of 4 bytes */
    SAID_MAX = 100,
    GROW = 4096,
};

static bool no(char *why, const char *what)
{
    snprintf(why, ROWS_WHY_SIZE, "%s", what);
    return false;
}

/* A member as text of 1 to max bytes, without control characters. */
static bool take(const struct json_member *members, int count, const char *name, size_t max, struct sbuf *out,
                 char *why)
{
    struct json_span span = jsonsplit_get(members, count, name);
    int64_t number;

    sbuf_reset(out);
    if (span.kind != JSON_STRING && !jsonsplit_integer(span, &number)) {
        snprintf(why, ROWS_WHY_SIZE, "%s is %s", name,
                 span.kind == JSON_ABSENT || span.kind == JSON_NULL ? "missing"
                                                                    : "neither a text nor a whole number");
        return false;
    }
    if (!jsonsplit_text(span, out) || out->len == 0 || out->len > max) {
        snprintf(why, ROWS_WHY_SIZE, "%s wants 1 to %zu bytes", name, max);
        return false;
    }
    return true;
}

static bool take_catalog(const struct adopt *adopt, const struct json_member *members, int count,
                         struct sbuf *text, uint8_t *catalog, char *why)
{
    struct json_span span = jsonsplit_get(members, count, "catalog");
    const struct config_catalog *found;

    sbuf_reset(text);
    if (span.kind != JSON_ABSENT && span.kind != JSON_NULL && span.kind != JSON_STRING)
        return no(why, "catalog is no text");
    if (span.kind == JSON_STRING)
        jsonsplit_text(span, text);
    found = config_catalog(adopt->config, sbuf_str(text));
    if (!found) {
        snprintf(why, ROWS_WHY_SIZE, "catalog %.64s is not configured (catalogs.NAME.id)",
                 text->len ? sbuf_str(text) : "default");
        return false;
    }
    *catalog = (uint8_t)(found - adopt->config->catalogs);
    return true;
}

static bool keep_names(struct adopt_row *row, const struct sbuf *product, const struct sbuf *sku)
{
    row->product_id = malloc(product->len + sku->len + 2);
    if (!row->product_id)
        return false;
    row->sku = row->product_id + product->len + 1;
    memcpy(row->product_id, sbuf_str(product), product->len + 1);
    memcpy(row->sku, sbuf_str(sku), sku->len + 1);
    return true;
}

static bool read_row(struct adopt *adopt, const struct rows *rows, struct adopt_row *row, char *why)
{
    static struct json_member members[MEMBERS_MAX];
    char product_memory[PRODUCT_MAX_BYTES + 8], sku_memory[SKU_MAX_BYTES + 8], id_memory[SKU_MAX_BYTES];
    struct sbuf product, sku, id;
    struct jsonscan scan;
    int count;

    sbuf_init_fixed(&product, product_memory, sizeof product_memory);
    sbuf_init_fixed(&sku, sku_memory, sizeof sku_memory);
    sbuf_init_fixed(&id, id_memory, sizeof id_memory);
    if (!jsonscan(rows->text, rows->len, JSON_DEPTH, NULL, &scan)) {
        snprintf(why, ROWS_WHY_SIZE, "not JSON at byte %zu: %s", scan.offset + 1, jsonscan_text(scan.fault));
        return false;
    }
    count = jsonsplit(rows->text, rows->len, members, MEMBERS_MAX);
    if (count < 0)
        return no(why, "no JSON object of at most 256 members");
    *row = (struct adopt_row){.line = rows->line, .input = rows->at};
    if (!take(members, count, "product_id", PRODUCT_MAX_BYTES, &product, why) ||
        !take(members, count, "sku", SKU_MAX_BYTES, &sku, why) ||
        !take_catalog(adopt, members, count, &id, &row->catalog, why) ||
        !take(members, count, "catalog_id", ADOPT_ID_SIZE - 1, &id, why))
        return false;
    if (sbuf_str(&id)[strspn(sbuf_str(&id), "0123456789")])
        return no(why, "catalog_id is not a number: it is the id that the catalog gave the item");
    memcpy(row->catalog_id, sbuf_str(&id), id.len + 1);
    row->product_id_is_number = jsonsplit_get(members, count, "product_id").kind == JSON_NUMBER;
    return keep_names(row, &product, &sku) || no(why, "no memory");
}

static bool make_room(struct adopt *adopt)
{
    struct adopt_row *grown;

    if (adopt->count % GROW)
        return true;
    if (adopt->count >= ADOPT_ROWS_MAX) {
        kit_complain(&adopt->options->cli, "more than %d rows: adopt them in parts", ADOPT_ROWS_MAX);
        return false;
    }
    grown = realloc(adopt->rows, (adopt->count + GROW) * sizeof *grown);
    if (grown)
        adopt->rows = grown;
    return grown != NULL;
}

static void complain(struct adopt *adopt, const struct rows *rows, const char *why)
{
    if (++adopt->wrong <= SAID_MAX)
        kit_complain(&adopt->options->cli, "%s line %" PRIu64 ": %s", rows_input(rows), rows->line, why);
}

/* ---- rows that contradict each other ---- */

static const char *key_of(const struct adopt_row *row, int which)
{
    return which == 0 ? row->product_id : which == 1 ? row->sku : row->catalog_id;
}

static int compare(const struct adopt_row *a, const struct adopt_row *b, int which)
{
    return a->catalog != b->catalog ? (int)a->catalog - (int)b->catalog
                                    : strcmp(key_of(a, which), key_of(b, which));
}

static int by_product(const void *a, const void *b)
{
    return compare(*(struct adopt_row *const *)a, *(struct adopt_row *const *)b, 0);
}

static int by_sku(const void *a, const void *b)
{
    return compare(*(struct adopt_row *const *)a, *(struct adopt_row *const *)b, 1);
}

static int by_id(const void *a, const void *b)
{
    return compare(*(struct adopt_row *const *)a, *(struct adopt_row *const *)b, 2);
}

/* All of them: which one is right, the file does not say. */
static bool mark_repeated(struct adopt *adopt)
{
    static int (*const orders[])(const void *, const void *) = {by_product, by_sku, by_id};
    struct adopt_row **sorted = calloc(adopt->count + 1, sizeof(struct adopt_row *));

    if (!sorted)
        return false;
    for (int which = 0; which < 3; which++) {
        for (size_t i = 0; i < adopt->count; i++)
            sorted[i] = &adopt->rows[i];
        qsort(sorted, adopt->count, sizeof(struct adopt_row *), orders[which]);
        for (size_t i = 1; i < adopt->count; i++)
            if (compare(sorted[i - 1], sorted[i], which) == 0)
                sorted[i - 1]->verdict = sorted[i]->verdict = ADOPT_REPEATED;
    }
    free(sorted);
    return true;
}

bool adopt_read(struct adopt *adopt)
{
    struct rows rows;
    enum rows_verdict verdict;
    bool room = true;

    rows_begin(&rows, adopt->options, &adopt->inputs, false);
    while ((verdict = rows_next(&rows)) == ROWS_ROW || verdict == ROWS_BAD) {
        char why[ROWS_WHY_SIZE];

        room = make_room(adopt);
        if (!room)
            break;
        if (verdict == ROWS_BAD)
            complain(adopt, &rows, rows.why);
        else if (!read_row(adopt, &rows, &adopt->rows[adopt->count], why))
            complain(adopt, &rows, why);
        else
            adopt->count++;
    }
    adopt->failed = adopt->failed || rows.failed;
    rows_free(&rows);
    return room && verdict == ROWS_END && mark_repeated(adopt);
}
