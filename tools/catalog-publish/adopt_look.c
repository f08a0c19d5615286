/* Asking the catalog: by SKU, 100 at a time; by id only what no SKU led to. */
#include "adopt.h"

#include "common/apibody.h"
#include "common/jsonmend.h"
#include "common/textsafe.h"
#include "tools/kit/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    BY_ID_MAX = 1000, /* items asked for by id, a call each: what is wrong is seen long before */
    THROTTLE_LEAST_MS = 1000,
    NAP_MS = 200,
};

/* One catalog being asked. */
struct look {
    struct adopt *adopt;
    const struct config_catalog *catalog;
    struct kit_api *api;
    int64_t due_ms; /* no call before */
    size_t size;    /* SKUs at once; halved when the catalog asks for less */
    uint64_t done, total;
    struct adopt_row *batch[KIT_LOOKUP_MAX];
    size_t count;
    size_t seen; /* items in the last answer */
};

static void wait_until(int64_t due_ms)
{
    for (int64_t left = due_ms - kit_now_ms(); left > 0 && !kit_stop; left = due_ms - kit_now_ms()) {
        struct timespec nap = {.tv_nsec = (left < NAP_MS ? left : NAP_MS) * 1000000};

        nanosleep(&nap, NULL);
    }
}

/* Waits for the catalog's rate (catalog.rate.per.hour): workers share the same one. */
static void take_turn(struct look *look)
{
    int64_t rate = look->catalog->rate_per_hour;

    wait_until(look->due_ms);
    look->due_ms = kit_now_ms() + (rate > 0 ? (INT64_C(3600000) + rate - 1) / rate : 0);
    look->adopt->calls++;
}

static bool hopeless(const struct look *look, const struct api_verdict *verdict)
{
    const char *name = look->catalog->name;

    if (verdict->class == API_AUTH)
        kit_complain(&look->adopt->options->cli,
                     "catalog %s does not accept the token: renew it (catalogs.%s.token.file), then run this "
                     "again. It "
                     "says: %s",
                     name, name, verdict->message);
    else if (verdict->class == API_PERMISSION)
        kit_complain(&look->adopt->options->cli,
                     "catalog %s: the token may not read it: give its system user the catalog and "
                     "catalog_management. It says: %s",
                     name, verdict->message);
    else
        kit_complain(&look->adopt->options->cli, "catalog %s cannot be asked: %s", name, verdict->message);
    return true;
}

/* What a refused call leads to. True: ask again, when the wait is over; false: give up, said on stderr. */
static bool again(struct look *look, const struct api_verdict *verdict, int *tries)
{
    const struct config *config = look->adopt->config;
    int64_t wait_ms = config->retry_backoff_base_ms << (*tries < 20 ? *tries : 20);

    switch (verdict->class) {
    case API_THROTTLE:
    case API_POLICY_BLOCK:
        wait_ms = verdict->wait_ms > THROTTLE_LEAST_MS ? verdict->wait_ms : THROTTLE_LEAST_MS;
        kit_progress_clear(&look->adopt->progress);
        kit_complain(&look->adopt->options->cli,
                     "catalog %s asks for %" PRId64 " s of rest; waiting (Ctrl-C stops)", look->catalog->name,
                     (wait_ms + 999) / 1000);
        break;
    case API_SHRINK:
    case API_TRANSIENT:
        if (verdict->class == API_SHRINK && look->size > 1)
            look->size /= 2;
        if (++*tries < config->retry_max_attempts)
            break;
        return !hopeless(look, verdict);
    default: return !hopeless(look, verdict);
    }
    if (verdict->class != API_THROTTLE && verdict->class != API_POLICY_BLOCK &&
        wait_ms > config->retry_backoff_max_ms)
        wait_ms = config->retry_backoff_max_ms;
    look->due_ms = kit_now_ms() + wait_ms;
    wait_until(look->due_ms);
    return !kit_stop;
}

/* ---- by SKU ---- */

static void on_item(void *arg, const char *id, const char *retailer_id)
{
    struct look *look = arg;

    look->seen++;
    for (size_t i = 0; i < look->count; i++) {
        struct adopt_row *row = look->batch[i];

        if (strcmp(row->sku, retailer_id) != 0)
            continue;
        if (row->items < 2)
            row->items++;
        snprintf(row->found, sizeof row->found, "%s", id);
    }
}

static void conclude(struct adopt_row *row)
{
    if (row->items == 0)
        row->verdict = ADOPT_MISSING;
    else if (row->items > 1)
        row->verdict = ADOPT_DOUBLED;
    else
        row->verdict = strcmp(row->found, row->catalog_id) == 0 ? ADOPT_MATCH : ADOPT_OTHER_ID;
    if (row->verdict != ADOPT_OTHER_ID)
        row->found[0] = '\0';
}

/* The first `asked` of the batch have their answer. Where doubled items filled the page, those without an
 * item stay in the batch, to be asked for without them. */
static void take_answer(struct look *look, size_t asked)
{
    bool cut = look->seen >= asked;
    size_t kept = 0;

    for (size_t i = 0; i < look->count; i++) {
        struct adopt_row *row = look->batch[i];

        if (i >= asked || (cut && row->items == 0)) {
            look->batch[kept++] = row;
            continue;
        }
        conclude(row);
        look->done++;
    }
    look->count = kept;
}

/* Asks for all of the batch. False: stopped, or said on stderr. */
static bool ask(struct look *look)
{
    struct text skus[KIT_LOOKUP_MAX];
    struct api_verdict verdict;
    int tries = 0;

    while (look->count > 0) {
        size_t count = look->count < look->size ? look->count : look->size;

        take_turn(look);
        if (kit_stop)
            return false;
        look->seen = 0;
        for (size_t i = 0; i < count; i++) {
            skus[i] = (struct text){look->batch[i]->sku, (uint32_t)strlen(look->batch[i]->sku)};
            look->batch[i]->items = 0;
        }
        if (kit_api_lookup(look->api, skus, count, on_item, look, &verdict)) {
            take_answer(look, count);
            tries = 0;
        } else if (!again(look, &verdict, &tries)) {
            return false;
        }
    }
    return true;
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
    struct api_verdict verdict;
    const char *body, *sku;
    int tries = 0;
    size_t size;

    for (;;) {
        struct sbuf path;

        take_turn(look);
        if (kit_stop)
            return false;
        sbuf_init(&path, 1024);
        apipath_item(&path, look->catalog->api_version, row->catalog_id, strlen(row->catalog_id));
        sbuf_puts(&path, "?fields=id,retailer_id");
        kit_api_get(look->api, API_OP_READ, sbuf_str(&path), &verdict, &body, &size);
        sbuf_free(&path);
        if (verdict.class == API_OK || verdict.class == API_NOT_FOUND || verdict.class == API_PERMANENT)
            break;
        if (!again(look, &verdict, &tries))
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
            look->batch[look->count++] = &adopt->rows[i];
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
    struct look look = {.adopt = adopt, .catalog = &adopt->config->catalogs[catalog], .size = KIT_LOOKUP_MAX};
    char error[KIT_API_ERROR_SIZE] = "no memory";
    bool ok;

    for (size_t i = 0; i < adopt->count; i++)
        look.total += adopt->rows[i].catalog == catalog && adopt->rows[i].verdict == ADOPT_UNSEEN;
    if (look.total == 0)
        return true;
    look.api = kit_api_open(adopt->config, look.catalog, error);
    if (!look.api) {
        kit_complain(&adopt->options->cli, "%s", error);
        return false;
    }
    kit_progress_start(&adopt->progress, adopt->options->quiet);
    ok = look_by_sku(&look, catalog) && look_by_id(&look, catalog);
    show(&look, true);
    kit_api_close(look.api);
    return ok;
}

bool adopt_look(struct adopt *adopt)
{
    for (size_t i = 0; i < adopt->config->catalog_count; i++)
        if (!look_at(adopt, (uint8_t)i))
            return false;
    return true;
}
