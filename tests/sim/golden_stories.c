/* The stories. Each prepares a small world: what is produced when, and what goes wrong. */
#include "tests/sim/golden.h"

#include "common/assertx.h"

static const usec_t ms = 1000;

static struct event base(uint32_t product, int32_t sku, uint64_t version, uint32_t content)
{
    return (struct event){.product = product, .sku = sku, .version = version, .content = content};
}

/* Produces an event at a moment, to the product's own partition. Returns its number. */
static uint32_t says(struct story *s, usec_t at_ms, struct event event)
{
    uint32_t n;

    event.identity = event.data = s->workload.events_count;
    n = workload_event(&s->workload, event);
    workload_produce(&s->workload, at_ms * ms, n, (uint8_t)(event.product % s->set.parts), 0);
    return n;
}

static uint32_t upsert(struct story *s, usec_t at_ms, uint32_t product, int32_t sku, uint64_t version)
{
    return says(s, at_ms, base(product, sku, version, (uint32_t)version));
}

static void again(struct story *s, usec_t at_ms, uint32_t event)
{
    workload_produce(&s->workload, at_ms * ms, event,
                     (uint8_t)(s->workload.events[event].product % s->set.parts), 0);
}

static void fate(struct story *s, enum fate_point point, unsigned nth, unsigned what)
{
    ASSERT(s->fates_count < GOLDEN_FATES_MAX);
    s->fates[s->fates_count].point = point;
    s->fates[s->fates_count].nth = nth;
    s->fates[s->fates_count++].fate = what;
}

static void script(struct story *s, usec_t at_ms, enum trouble trouble, uint64_t arg, bool over)
{
    ASSERT(s->script_count < GOLDEN_SCRIPT_MAX);
    s->script[s->script_count].at = at_ms * ms;
    s->script[s->script_count].trouble = trouble;
    s->script[s->script_count].arg = arg;
    s->script[s->script_count++].over = over;
}

static void created(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
}

static void updated_unchanged(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 3000, 0, 0, 20);
    says(s, 4000, base(0, 0, 30, 20));
}

static void duplicate(struct story *s)
{
    again(s, 4000, upsert(s, 2000, 0, 0, 10));
}

static void out_of_order(struct story *s)
{
    upsert(s, 2000, 0, 0, 20);
    upsert(s, 3000, 0, 0, 10);
}

static void absorbed(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 2010, 0, 0, 20);
    upsert(s, 2020, 0, 0, 30);
    upsert(s, 2030, 0, 0, 40);
}

static void sku_change(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 3000, 0, 1, 20);
}

static void sku_swap(struct story *s)
{
    s->set.products = 2;
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 2000, 1, 1, 11);
    upsert(s, 3000, 0, 1, 20);
    upsert(s, 3000, 1, 0, 21);
}

static void delete_recreate(struct story *s)
{
    struct event gone = base(0, 0, 20, 0);

    gone.intent = INTENT_DELETE;
    upsert(s, 2000, 0, 0, 10);
    says(s, 3000, gone);
    upsert(s, 3001, 0, 0, 30);
    gone.tombstone = true;
    gone.version = 0;
    says(s, 4000, gone);
}

static void hidden(struct story *s)
{
    struct event off = base(0, 0, 20, 0);

    off.intent = INTENT_HIDE;
    off.hide_reason = REASON_INACTIVE;
    upsert(s, 2000, 0, 0, 10);
    says(s, 3000, off);
    off.version = 30;
    says(s, 4000, off);
    upsert(s, 5000, 0, 0, 40);
    off.product = 1;
    off.sku = SIM_NO_SKU;
    off.hide_reason = REASON_NO_SKU;
    says(s, 6000, off);
}

static void create_answer_lost(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
    fate(s, FATE_CALL, 1, CALL_ANSWER_LOST);
}

static void lands_late(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 3000, 0, 0, 20);
    upsert(s, 4300, 0, 0, 30);
    fate(s, FATE_CALL, 2, CALL_LANDS_LATE);
}

static void duplicate_sku(struct story *s)
{
    s->set.foreign_items = 1;
    upsert(s, 2000, 0, 0, 10);
}

static void vanished(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
    script(s, 2500, T_VANISH, 0, false);
    upsert(s, 3000, 0, 0, 20);
}

static void outage(struct story *s)
{
    s->set.core.breaker_failures = 2;
    script(s, 1900, T_CATALOG_DOWN, 0, false);
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 2001, 1, 1, 11);
    upsert(s, 2002, 2, 2, 12);
    script(s, 12000, T_CATALOG_DOWN, 0, true);
}

static void credentials(struct story *s)
{
    script(s, 1900, T_TOKEN_DIES, 0, false);
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 2001, 1, 1, 11);
    script(s, 5000, T_TOKEN_DIES, 0, true);
}

static void throttled(struct story *s)
{
    s->set.core.catalogs[0].limited = true;
    fate(s, FATE_CALL, 1, CALL_IS_THROTTLED);
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 2001, 1, 1, 11);
}

static void killed(struct story *s)
{
    s->set.workers = 2;
    upsert(s, 2000, 0, 0, 10);
    script(s, 2050, T_CRASH, 0, false);
}

static void zombie(struct story *s)
{
    s->set.workers = 2;
    s->set.session_us = 3000 * ms;
    upsert(s, 2000, 0, 0, 10);
    script(s, 2050, T_FREEZE, 20000u << 8, false);
    upsert(s, 5000, 0, 0, 20);
}

static void rebalance(struct story *s)
{
    s->set.workers = 2;
    upsert(s, 2000, 0, 0, 10);
    script(s, 2050, T_REBALANCE, 0, false);
    upsert(s, 2060, 0, 0, 20);
}

static void refused(struct story *s)
{
    struct event bad = base(0, 0, 10, 10);

    bad.poison = true;
    says(s, 2000, bad);
    fate(s, FATE_PUBLISH, 2, PUBLISH_LOST);
}

static void store_lost(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
    script(s, 3000, T_STORE_LOSS, 0, false);
    script(s, 3200, T_STORE_LOSS, 0, true);
    says(s, 4000, base(0, 0, 20, 10));
}

static void shutdown(struct story *s)
{
    upsert(s, 2000, 0, 0, 10);
    upsert(s, 2001, 0, 0, 20);
    script(s, 2050, T_TERMINATE, 0, false);
}

static void full_window(struct story *s)
{
    s->set.core.window_records = s->set.core.slack_records = 2;
    for (uint32_t i = 0; i < 5; i++)
        upsert(s, 2000, i, (int32_t)i, 10 + i);
}

static void kills_workers(struct story *s)
{
    struct event killer = base(0, 0, 10, 10);

    killer.killer = true;
    s->set.static_members = true;
    s->set.faults_us = 200 * 1000 * ms;
    says(s, 2000, killer);
}

static void attempts(struct story *s)
{
    s->set.products = 2;
    s->set.core.retry_attempts_max = 2;
    upsert(s, 2000, 0, 0, 10);
    fate(s, FATE_CALL, 1, CALL_FAILS);
    fate(s, FATE_CALL, 3, CALL_FAILS);
    fate(s, FATE_CALL, 5, CALL_FAILS);
}

/* arg of a change by hand: the product, above 8 bits 1 to forget it, above 16 the version. */
static void reset_by_hand(struct story *s)
{
    upsert(s, 2000, 0, 0, 90);
    upsert(s, 3000, 0, 0, 20);
    fate(s, FATE_CALL, 2, CALL_ANSWER_LOST);
    upsert(s, 4000, 0, 0, 91);
    script(s, 4500, T_HAND, 10u << 16, false);
    says(s, 5000, base(0, 0, 21, 91));
}

static void forgotten_by_hand(struct story *s)
{
    upsert(s, 2000, 0, 0, 90);
    script(s, 3000, T_HAND, 1u << 8, false);
    upsert(s, 3200, 0, 0, 20);
    script(s, 6000, T_STORE_LOSS, 0, false);
    script(s, 6200, T_STORE_LOSS, 0, true);
    upsert(s, 6300, 0, 0, 30);
}

const struct telling golden_tellings[] = {
    {"created", "A new product: claimed, created, settled, told, committed.", created},
    {"updated_unchanged",
     "A change is written. Content that the catalog is known to hold is not written again.",
     updated_unchanged},
    {"duplicate",
     "The same event twice: the second one is answered with the stored outcome, and no call is made.",
     duplicate},
    {"out_of_order", "An older version comes late: superseded.", out_of_order},
    {"absorbed",
     "Changes that come while a call is in flight wait behind it; the newest absorbs those before it,\n"
     "and their results go out before its own.",
     absorbed},
    {"sku_change",
     "A product changes its SKU: the item of the new one is made, then that of the old one deleted.",
     sku_change},
    {"sku_swap",
     "Two products swap their SKUs. Whoever claims first waits for nobody; each SKU has one writer.",
     sku_swap},
    {"delete_recreate",
     "A delete, followed at once by a new version: neither absorbs the other. Then a tombstone,\n"
     "which deletes at the known version.",
     delete_recreate},
    {"hidden", "An inactive product is hidden, and shown again. What was never synced has nothing to hide.",
     hidden},
    {"create_answer_lost",
     "The answer to a create is lost, on an API version without upsert: it is looked up, not\n"
     "made twice.",
     create_answer_lost},
    {"lands_late",
     "A call is reset and may still land. The same body is sent again at once; but the next event, which\n"
     "wants something else, waits until the lost call can no longer land.",
     lands_late},
    {"duplicate_sku",
     "The SKU has an item already, of which memory knew nothing: 10800 without an id. It is looked\n"
     "up and updated.",
     duplicate_sku},
    {"vanished", "Somebody deleted the item by hand: 100/33. It is looked up, found absent, and made anew.",
     vanished},
    {"outage",
     "The catalog is down: the gate closes, one probe at a time goes through, and nothing is given up.",
     outage},
    {"credentials", "The token has expired: the catalog is paused until the credentials change.",
     credentials},
    {"throttled", "The catalog is throttled: all workers are told through the store.", throttled},
    {"killed",
     "A worker is killed while its call is in flight. The other takes the partition over, and waits for\n"
     "the lease to end.",
     killed},
    {"zombie",
     "A worker is stopped beyond its session. When it wakes up, the other has done its work: what it\n"
     "would store is refused, and what it would commit as well.",
     zombie},
    {"rebalance", "A partition is asked back: what is in flight is finished and committed first.", rebalance},
    {"refused",
     "The API refuses the data for good: a dead letter, then the result (whose first try is lost).", refused},
    {"store_lost",
     "The store comes back empty: a new epoch, a quiet time, memory rebuilt from the results; hashes of\n"
     "before are not trusted, so the same content is written once more.",
     store_lost},
    {"shutdown", "SIGTERM: what is in flight is finished, the rest is left to others.", shutdown},
    {"full_window", "A full window pauses the partition; half a window resumes it.", full_window},
    {"kills_workers",
     "An event whose call kills the worker each time: after 3 deaths it runs alone, after 6 it is a\n"
     "dead letter.",
     kills_workers},
    {"reset_by_hand",
     "A version came from the future (90): what the shop says then is superseded. An operator resets the\n"
     "version while a call is in flight: he waits until the product comes free, and whoever wants it "
     "meanwhile\n"
     "waits for him. From then on what is above the version he gave is taken, and written although the "
     "catalog\n"
     "is believed to hold it.",
     reset_by_hand},
    {"forgotten_by_hand",
     "A product is forgotten while an event of it comes: it waits, and is taken, old as its version is. The "
     "item\n"
     "is found by its SKU. A rebuild of memory does not bring back what was forgotten.",
     forgotten_by_hand},
    {"attempts",
     "One product fails again and again. Before each try that shall count, a read shows that the catalog\n"
     "works.",
     attempts},
};

const uint32_t golden_tellings_count = sizeof golden_tellings / sizeof *golden_tellings;
