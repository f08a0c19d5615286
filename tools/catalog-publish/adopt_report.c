/* What an adoption found and did. */
#include "adopt.h"

#include "common/sbuf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { EXAMPLES = 5, LINE_BYTES = 8192 };

static const struct {
    const char *name, *words;
} verdicts[ADOPT_VERDICT_COUNT] = {
#define X(symbol, name, words) {name, words},
    ADOPT_VERDICTS(X)
#undef X
};

uint64_t adopt_number(const struct adopt *adopt, enum adopt_verdict verdict)
{
    uint64_t number = 0;

    for (size_t i = 0; i < adopt->count; i++)
        number += adopt->rows[i].verdict == verdict;
    return number;
}

static void tell_row(const struct adopt *adopt, const struct adopt_row *row)
{
    kit_complain(&adopt->options->cli, "    %s line %" PRIu64 ": product %s, SKU %s, catalog_id %s%s%s",
                 adopt->inputs.list[row->input].path, row->line, row->product_id, row->sku, row->catalog_id,
                 !row->found[0]                    ? ""
                 : row->verdict == ADOPT_OTHER_SKU ? "; in the catalog that is SKU "
                                                   : "; the catalog's id is ",
                 row->found);
}

static bool is_fine(enum adopt_verdict verdict)
{
    return verdict == ADOPT_MATCH || verdict == ADOPT_RECORDED || verdict == ADOPT_REMEMBERED;
}

void adopt_tell(const struct adopt *adopt)
{
    kit_complain(&adopt->options->cli, "%zu rows, %" PRIu64 " calls:", adopt->count, adopt->calls);
    for (int v = 0; v < ADOPT_VERDICT_COUNT; v++) {
        uint64_t number = adopt_number(adopt, (enum adopt_verdict)v), told = 0;

        if (number == 0)
            continue;
        kit_complain(&adopt->options->cli, "  %" PRIu64 " %s: %s", number, verdicts[v].name,
                     verdicts[v].words);
        for (size_t i = 0; i < adopt->count && !is_fine((enum adopt_verdict)v) && told < EXAMPLES; i++) {
            if (adopt->rows[i].verdict == (enum adopt_verdict)v) {
                tell_row(adopt, &adopt->rows[i]);
                told++;
            }
        }
    }
    if (adopt->wrong)
        kit_complain(&adopt->options->cli, "  %" PRIu64 " wrong: said above", adopt->wrong);
}

void adopt_print_json(const struct adopt *adopt, bool ok)
{
    printf("{\"ok\":%s,\"rows\":%zu,\"wrong\":%" PRIu64 ",\"calls\":%" PRIu64, ok ? "true" : "false",
           adopt->count, adopt->wrong, adopt->calls);
    for (int v = 0; v < ADOPT_VERDICT_COUNT; v++)
        printf(",\"%s\":%" PRIu64, verdicts[v].name, adopt_number(adopt, (enum adopt_verdict)v));
    puts("}");
}

static void put_row(const struct adopt *adopt, const struct adopt_row *row, struct sbuf *out)
{
    sbuf_printf(out, "{\"verdict\":\"%s\"", verdicts[row->verdict].name);
    sbuf_put_json_member(out, "catalog", adopt->config->catalogs[row->catalog].name);
    sbuf_put_json_member(out, "product_id", row->product_id);
    sbuf_put_json_member(out, "sku", row->sku);
    sbuf_put_json_member(out, "catalog_id", row->catalog_id);
    if (row->verdict == ADOPT_OTHER_ID)
        sbuf_put_json_member(out, "found_catalog_id", row->found);
    if (row->verdict == ADOPT_OTHER_SKU)
        sbuf_put_json_member(out, "found_sku", row->found);
    sbuf_put_json_member(out, "file", adopt->inputs.list[row->input].path);
    sbuf_printf(out, ",\"line\":%" PRIu64 "}\n", row->line);
}

bool adopt_write_report(const struct adopt *adopt)
{
    FILE *file;
    struct sbuf out;
    bool ok;

    if (!adopt->options->report)
        return true;
    file = fopen(adopt->options->report, "w");
    sbuf_init(&out, LINE_BYTES);
    ok = file != NULL;
    for (size_t i = 0; i < adopt->count && ok; i++) {
        sbuf_reset(&out);
        put_row(adopt, &adopt->rows[i], &out);
        ok = fwrite(sbuf_str(&out), 1, out.len, file) == out.len;
    }
    sbuf_free(&out);
    if (file && fclose(file) != 0)
        ok = false;
    if (!ok)
        kit_complain(&adopt->options->cli, "--report %s: %s", adopt->options->report, strerror(errno));
    return ok;
}
