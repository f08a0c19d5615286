/* Asking the catalog: by SKU, 100 at a time; by id only what no SKU led to. */
#include "adopt.h"

#include "common/apibody.h"
#include "common/jsonmend.h"
#include "common/textsafe.h"
#include "tools/kit/lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BY_ID_MAX = 1000 }; /* items asked for by id, a call each: what is wrong is seen long before */

/* One catalog being asked. */
struct look {
    struct adopt *adopt;
    struct kit_lookup lookup;
    uint64_t done, total;
    struct adopt_row *rows[KIT_LOOKUP_MAX];
    size_t count;
};

/* ---- by SKU ---- */

static void conclude(struct adopt_row *row, const struct kit_wanted *wanted)
{
    if (!wanted->answered)
        return;
    if (wanted->items == 0)
        row->verdict = ADOPT_MISSING;
    else if (wanted->items > 1)
        row->verdict = ADOPT_DOUBLED;
    else
        row->verdict = strcmp(wanted->id, row->catalog_id) == 0 ? ADOPT_MATCH : ADOPT_OTHER_ID;
    if (row->verdict == ADOPT_OTHER_ID)
        snprintf(row->found, sizeof row->found, "%s", wanted->id);
}

/* Asks for all of the batch. False: stopped, or said on stderr. */
static bool ask(struct look *look)
{
    struct kit_wanted wanted[KIT_LOOKUP_MAX];
    bool ok;

    for (size_t i = 0; i < look->count; i++)
        wanted[i] = (struct kit_wanted){.sku = look->rows[i]->sku};
    ok = kit_lookup_ask(&look->lookup, wanted, look->count);
    for (size_t i = 0; i < look->count; i++)
        conclude(look->rows[i], &wanted[i]);
    look->done += look->count;
    look->count = 0;
    return ok;
}

static void show(struct look *look, bool last)
{
    char text[64];

    snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 " looked up", look->done, look->total);
    kit_progress_show(&look->adopt->progress, look->done, look->total, text, last);
}

/* ---- by id ---- */

static bool ask_by_id(struct look *look, struct adopt_row *row)
{
    struct kit_lookup *lookup = &look->lookup;
    struct api_verdict verdict;
    const char *body, *sku;
    int tries = 0;
    size_t size;

    for (;;) {
        struct sbuf path;

        if (!kit_lookup_turn(lookup))
            return false;
        sbuf_init(&path, 1024);
        apipath_item(&path, lookup->catalog->api_version, row->catalog_id, strlen(row->catalog_id));
        sbuf_puts(&path, "?fields=id,retailer_id");
        kit_api_get(lookup->api, API_OP_READ, sbuf_str(&path), &verdict, &body, &size);
        sbuf_free(&path);
        if (verdict.class == API_OK || verdict.class == API_NOT_FOUND || verdict.class == API_PERMANENT)
            break;
        if (!kit_lookup_again(lookup, &verdict, &tries))
            return false;
    }
    if (verdict.class == API_OK) {
        cJSON *json = jsonmend_parse(body, size);

        sku = jsonmend_string(json, "retailer_id");
        row->verdict = ADOPT_OTHER_SKU;
        textsafe_copy(row->found, sizeof row->found, sku ? sku : "", sku ? strlen(sku) : 0);
        cJSON_Delete(json);
    }
    return true;
}

static bool look_by_id(struct look *look, uint8_t catalog)
{
    size_t asked = 0;

    for (size_t i = 0; i < look->adopt->count; i++) {
        struct adopt_row *row = &look->adopt->rows[i];

        if (row->catalog != catalog || row->verdict != ADOPT_MISSING)
            continue;
        if (asked++ == BY_ID_MAX) {
            kit_complain(&look->adopt->options->cli,
                         "more than %d items are missing: the rest is not asked for by id", BY_ID_MAX);
            return true;
        }
        if (!ask_by_id(look, row))
            return false;
    }
    return true;
}

/* ---- all of it ---- */

static bool look_by_sku(struct look *look, uint8_t catalog)
{
    struct adopt *adopt = look->adopt;

    for (size_t i = 0; i <= adopt->count; i++) {
        bool end = i == adopt->count;

        if (!end && adopt->rows[i].catalog == catalog && adopt->rows[i].verdict == ADOPT_UNSEEN)
            look->rows[look->count++] = &adopt->rows[i];
        if (look->count == KIT_LOOKUP_MAX || (end && look->count > 0)) {
            if (!ask(look))
                return false;
            show(look, false);
        }
    }
    return true;
}

static bool look_at(struct adopt *adopt, uint8_t catalog)
{
    struct look look = {.adopt = adopt,
                        .lookup = {.cli = &adopt->options->cli,
                                   .config = adopt->config,
                                   .catalog = &adopt->config->catalogs[catalog],
                                   .progress = &adopt->progress}};
    char error[KIT_API_ERROR_SIZE];
    bool ok;

    for (size_t i = 0; i < adopt->count; i++)
        look.total += adopt->rows[i].catalog == catalog && adopt->rows[i].verdict == ADOPT_UNSEEN;
    if (look.total == 0)
        return true;
    if (!kit_lookup_open(&look.lookup, error)) {
        kit_complain(&adopt->options->cli, "%s", error);
        return false;
    }
    kit_progress_start(&adopt->progress, adopt->options->quiet);
    ok = look_by_sku(&look, catalog) && look_by_id(&look, catalog);
    show(&look, true);
    adopt->calls += look.lookup.calls;
    kit_lookup_close(&look.lookup);
    return ok;
}

bool adopt_look(struct adopt *adopt)
{
    for (size_t i = 0; i < adopt->config->catalog_count; i++)
        if (!look_at(adopt, (uint8_t)i))
            return false;
    return true;
}
