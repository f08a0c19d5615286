/* Recording: in the result topic and in Redis, by the kit's changes of memory. */
#include "adopt.h"

#include "tools/kit/memory.h"
#include "tools/kit/memory_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 500, WAIT_MS = 5000 };

struct recorder {
    struct adopt *adopt;
    struct kit_redis redis;
    struct kit_changer changer;
    const char *catalog;
    struct kit_change changes[BATCH];
    struct adopt_row *rows[BATCH];
    size_t count;
    uint64_t done, total;
};

static bool failed(const struct recorder *r, const char *error)
{
    kit_progress_clear(&r->adopt->progress);
    kit_complain(&r->adopt->options->cli, "%s", error);
    return false;
}

static void leave(struct recorder *r, size_t index, enum adopt_verdict verdict)
{
    kit_change_drop(&r->changer, &r->changes[index], 1);
    r->changes[index].status = KIT_CHANGE_KNOWN;
    r->rows[index]->verdict = verdict;
}

/* Under the hold nothing of the product moves: what memory has is left alone, and not written over in the
 * result topic either. */
static bool weigh(struct recorder *r, size_t index, char *error)
{
    static struct kit_memory memory;
    static struct kit_sku record;
    struct kit_change *change = &r->changes[index];

    if (!kit_memory_read(&r->redis, r->adopt->config, r->catalog, change->product_id, &memory, error) ||
        !kit_memory_read_sku(&r->redis, r->adopt->config, r->catalog, change->sku, &record, error))
        return false;
    if (memory.sku[0])
        leave(r, index, ADOPT_REMEMBERED);
    else if (record.owner[0] && strcmp(record.owner, change->product_id) != 0)
        leave(r, index, ADOPT_TAKEN);
    change->last_version = memory.last_version;
    return true;
}

static void conclude(struct recorder *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->rows[i]->verdict != ADOPT_MATCH)
            continue;
        switch (r->changes[i].status) {
        case KIT_CHANGE_DONE: r->rows[i]->verdict = ADOPT_RECORDED; break;
        case KIT_CHANGE_KNOWN: r->rows[i]->verdict = ADOPT_REMEMBERED; break;
        case KIT_CHANGE_TAKEN: r->rows[i]->verdict = ADOPT_TAKEN; break;
        case KIT_CHANGE_BUSY: r->rows[i]->verdict = ADOPT_BUSY; break;
        default: break;
        }
    }
}

/* Held, looked at, written into the result topic, and only then into Redis: killed in between, the next run
 * finds the product unknown and does it again. */
static bool carry_out(struct recorder *r)
{
    char error[KIT_CHANGE_ERROR_SIZE];
    bool ok = kit_change_hold(&r->changer, r->changes, r->count, WAIT_MS, error);

    for (size_t i = 0; i < r->count && ok; i++)
        if (r->changes[i].status == KIT_CHANGE_PENDING)
            ok = weigh(r, i, error);
    ok = ok && kit_change_record(&r->changer, r->changes, r->count, error);
    if (!ok) {
        kit_change_drop(&r->changer, r->changes, r->count);
        return failed(r, error);
    }
    ok = kit_change_apply(&r->changer, r->changes, r->count, error);
    conclude(r);
    r->done += r->count;
    r->count = 0;
    return ok || failed(r, error);
}

static void show(struct recorder *r, bool last)
{
    char text[64];

    snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 " recorded", r->done, r->total);
    kit_progress_show(&r->adopt->progress, r->done, r->total, text, last);
}

static bool audit(struct recorder *r, char *error)
{
    char actor[KIT_ACTOR_SIZE], after[64];

    kit_actor(actor);
    snprintf(after, sizeof after, "{\"products\":%" PRIu64 "}", r->total);
    return kit_change_audit(&r->changer,
                            &(struct kit_audit){.tool = "catalog-publish",
                                                .action = "adopt",
                                                .actor = actor,
                                                .why = "items that the catalog has already",
                                                .catalog = r->catalog,
                                                .after_json = after,
                                                .at_ms = kit_wall_ms()},
                            error);
}

static bool record_all(struct recorder *r, uint8_t catalog)
{
    for (size_t i = 0; i <= r->adopt->count; i++) {
        bool end = i == r->adopt->count;
        struct adopt_row *row = end ? NULL : &r->adopt->rows[i];

        if (!end && row->catalog == catalog && row->verdict == ADOPT_MATCH) {
            r->rows[r->count] = row;
            r->changes[r->count++] = (struct kit_change){.product_id = row->product_id,
                                                         .product_id_is_number = row->product_id_is_number,
                                                         .item_state = 'l',
                                                         .sku = row->sku,
                                                         .item_id = row->catalog_id};
        }
        if (r->count == BATCH || (end && r->count > 0)) {
            if (kit_stop)
                return failed(r, "stopped: run it again to record the rest");
            if (!carry_out(r))
                return false;
            show(r, false);
        }
    }
    show(r, true);
    return true;
}

static bool record_catalog(struct recorder *r, uint8_t catalog)
{
    char error[KIT_CHANGE_ERROR_SIZE] = "";
    bool ok;

    r->catalog = r->adopt->config->catalogs[catalog].name;
    r->done = r->total = r->count = 0;
    for (size_t i = 0; i < r->adopt->count; i++)
        r->total += r->adopt->rows[i].catalog == catalog && r->adopt->rows[i].verdict == ADOPT_MATCH;
    if (r->total == 0)
        return true;
    ok = kit_changer_open(&r->changer, r->adopt->config, &r->redis, r->catalog, KIT_CHANGE_ADOPT, error) &&
         audit(r, error);
    if (!ok)
        failed(r, error);
    kit_progress_start(&r->adopt->progress, r->adopt->options->quiet);
    ok = ok && record_all(r, catalog);
    kit_changer_close(&r->changer);
    return ok;
}

bool adopt_record(struct adopt *adopt)
{
    static struct recorder r;
    char error[KIT_CHANGE_ERROR_SIZE] = "";
    bool ok = true;

    memset(&r, 0, sizeof r);
    r.adopt = adopt;
    if (!kit_redis_open(&r.redis, adopt->config, "catalog-publish", error))
        return failed(&r, error);
    for (size_t i = 0; i < adopt->config->catalog_count && ok; i++)
        ok = record_catalog(&r, (uint8_t)i);
    kit_redis_close(&r.redis);
    return ok;
}
