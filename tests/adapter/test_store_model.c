/* The real scripts and the simulation's model of them (tests/sim/fake_store.h), asked the same things: both
 * must answer the same and remember the same. Random sequences of claims, settles, releases, budgets, epochs
 * and time; a failure names its seed; SEED=n runs one alone, SEEDS=n runs so many, and with TRACE=1 each step
 * is told. */
#include "tests/adapter/store_rig.h"
#include "tests/sim/fake_store.h"
#include "worker/adapters/redis_link_state.h"

enum { PRODUCTS = 4, SKUS = 5, EVENTS = 40, ATTEMPTS = 10, STEPS = 300, SEEDS = 60, CONTENTS = 3 };

struct story {
    char id[16];
    uint32_t product, sku; /* sku == SKUS: none */
    struct claim_request claim;
};

/* One op of some worker, and what it was granted. */
struct attempt {
    bool used, granted;
    uint32_t event;
    struct claim_token token;
    bool repair;
    uint64_t epoch;
    struct rig_claimed claimed;
    struct fstore_claim_answer model;
};

struct race {
    struct rig *rig;
    struct fstore model;
    uint64_t seed, random, numbers;
    uint32_t events_count, gen, step;
    uint64_t epoch;
    struct story events[EVENTS];
    struct attempt attempts[ATTEMPTS];
    uint64_t seen[CLAIM_EPOCH + 1], settled[SETTLE_EPOCH + 1], changed[4];
};

static uint32_t rnd(struct race *race, uint32_t below)
{
    race->random ^= race->random << 13;
    race->random ^= race->random >> 7;
    race->random ^= race->random << 17;
    return (uint32_t)((race->random >> 16) % below);
}

static bool chance(struct race *race, uint32_t percent)
{
    return rnd(race, 100) < percent;
}

#define WANT(cond, ...)                                                                                      \
    do {                                                                                                     \
        if (!(cond)) {                                                                                       \
            print_error("seed %llu, step %u: %s\n", (unsigned long long)race->seed, race->step, #cond);      \
            fail_msg(__VA_ARGS__);                                                                           \
        }                                                                                                    \
    } while (0)

static const char *product_name(uint32_t product)
{
    static const char *const names[PRODUCTS] = {"p0", "p1", "p2", "p3"};

    return names[product];
}

static const char *sku_name(uint32_t sku)
{
    static const char *const names[SKUS + 1] = {"s0", "s1", "s2", "s3", "s4", ""};

    return names[sku];
}

static uint32_t sku_of(struct key128 key)
{
    for (uint32_t i = 0; i < SKUS; i++)
        if (key128_eq(key, rig_key(sku_name(i))))
            return i;
    return SKUS;
}

static const char *owner_of(struct key128 key)
{
    for (uint32_t i = 0; i < PRODUCTS; i++)
        if (key128_eq(key, rig_key(product_name(i))))
            return product_name(i);
    return "(nil)";
}

static uint32_t new_event(struct race *race)
{
    uint32_t index = race->events_count < EVENTS ? race->events_count++ : rnd(race, EVENTS);
    struct story *event = &race->events[index];
    static const enum intent intents[] = {INTENT_UPSERT, INTENT_UPSERT, INTENT_UPSERT, INTENT_HIDE,
                                          INTENT_DELETE};

    if (event->id[0])
        return index; /* no room for new ones */
    snprintf(event->id, sizeof event->id, "e%u", index);
    event->product = rnd(race, PRODUCTS);
    event->claim = (struct claim_request){.intent = intents[rnd(race, 5)],
                                          .version = 1 + rnd(race, 4) + race->step / 20,
                                          .force = chance(race, 10),
                                          .replay = chance(race, 15),
                                          .hint = chance(race, 30),
                                          .hide_reason = REASON_INACTIVE};
    event->sku = event->claim.intent != INTENT_UPSERT && chance(race, 40) ? SKUS : rnd(race, SKUS);
    event->claim.tombstone = event->claim.intent == INTENT_DELETE && chance(race, 25);
    if (event->claim.tombstone) { /* a bare record: no version, no replay */
        event->claim.version = 0;
        event->claim.replay = false;
    }
    event->claim.has_sku = event->sku < SKUS;
    event->claim.product = rig_key(product_name(event->product));
    if (event->claim.has_sku)
        event->claim.sku = rig_key(sku_name(event->sku));
    event->claim.identity = rig_key(event->id);
    event->claim.content = (struct key128){.hi = 9, .lo = 1 + rnd(race, CONTENTS)};
    event->claim.data_hash = (struct key128){.hi = 8, .lo = 1 + index};
    event->claim.at = (struct position){
        .topic = (uint16_t)rnd(race, 2), .partition = (int32_t)rnd(race, 2), .offset = rnd(race, 200)};
    return index;
}

static void trace(const struct race *race, const char *what, const struct story *story,
                  struct claim_token token, const struct rig_claimed *claimed, int status)
{
    if (!getenv("TRACE"))
        return;
    printf("%u %s %s of %s sku %s v%llu token %llu.%u fence %llu main %s: %d\n", race->step, what, story->id,
           product_name(story->product), sku_name(story->sku), (unsigned long long)story->claim.version,
           (unsigned long long)token.incarnation, token.op.gen, (unsigned long long)claimed->reply.fence,
           claimed->main_sku, status);
}

/* ---- answers compared ---- */

static void compare_target(struct race *race, const struct rig_claimed *real, uint32_t at,
                           const struct fstore_claim_answer *model)
{
    const char *name = at == 0 ? real->main_sku : real->old_skus[at - 1];
    char id[32] = "";

    for (uint32_t i = 0; i < model->reply.targets_count; i++) {
        if (strcmp(sku_name(sku_of(model->skus[i])), name) != 0)
            continue;
        WANT(i == 0 || at > 0, "the wanted SKU is another: %s, the model has %s", real->main_sku,
             sku_name(sku_of(model->skus[0])));
        if (model->ids[i])
            snprintf(id, sizeof id, "i%llu", (unsigned long long)model->ids[i]);
        WANT(strcmp(id, real->item_ids[at]) == 0, "item of %s: %s, the model has %s", name,
             real->item_ids[at], id);
        WANT(real->reply.targets[at].last_write_ago_us == model->reply.targets[i].last_write_ago_us,
             "last write to %s: %lld, the model has %lld", name,
             (long long)real->reply.targets[at].last_write_ago_us,
             (long long)model->reply.targets[i].last_write_ago_us);
        return;
    }
    WANT(false, "the model has no target %s", name);
}

static void compare_claim(struct race *race, const struct rig_claimed *real,
                          const struct fstore_claim_answer *model)
{
    char by[32];

    WANT(real->reply.status == model->reply.status, "claim: %d, the model says %d", (int)real->reply.status,
         (int)model->reply.status);
    race->seen[real->reply.status]++;
    switch (real->reply.status) {
    case CLAIM_HELD:
    case CLAIM_WAIT:
        WANT(real->reply.wait_us == model->reply.wait_us, "wait %lld, the model says %lld",
             (long long)real->reply.wait_us, (long long)model->reply.wait_us);
        return;
    case CLAIM_DONE:
        WANT(real->reply.outcome == model->reply.outcome, "outcome %d, the model says %d",
             (int)real->reply.outcome, (int)model->reply.outcome);
        WANT(real->reply.reason == model->reply.reason, "reason %d, the model says %d",
             (int)real->reply.reason, (int)model->reply.reason);
        return;
    case CLAIM_SKIPPED:
        WANT(real->reply.reason == model->reply.reason, "reason %d, the model says %d",
             (int)real->reply.reason, (int)model->reply.reason);
        return;
    case CLAIM_STALE:
        if (model->superseded_by == FSTORE_NOBODY)
            by[0] = '\0';
        else
            snprintf(by, sizeof by, "e%llu", (unsigned long long)model->superseded_by);
        WANT(strcmp(real->superseded_by, by) == 0, "superseded by %s, the model says %s", real->superseded_by,
             by);
        return;
    case CLAIM_GRANTED:
        WANT(real->reply.fence == model->reply.fence, "fence");
        WANT(real->reply.version == model->reply.version, "version");
        WANT(real->reply.claims == model->reply.claims, "claims %u, the model says %u", real->reply.claims,
             model->reply.claims);
        WANT(real->reply.known_item == model->reply.known_item, "known item");
        WANT(real->current_version == model->shown_version, "version shown");
        WANT(real->reply.targets_count == model->reply.targets_count, "%u targets, the model has %u",
             real->reply.targets_count, model->reply.targets_count);
        for (uint32_t i = 0; i < real->reply.targets_count; i++)
            compare_target(race, real, i, model);
        return;
    default: return;
    }
}

/* ---- memory compared ---- */

static void next_line(char **rest, char *out, size_t size)
{
    char *end = strchr(*rest, '\n');
    size_t len = end ? (size_t)(end - *rest) : strlen(*rest);

    assert_true(len < size);
    memcpy(out, *rest, len);
    out[len] = '\0';
    *rest += len + (end ? 1 : 0);
    if (strcmp(out, "(nil)") == 0)
        out[0] = '\0';
}

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

/* x is a set. Where both have the same in another order, Redis is given the model's: the order decides which
 * of several unfinished SKUs is the main one, and docs/store.md does not tell it. */
static void compare_x(struct race *race, uint32_t product, const struct fstore_product *model, const char *x)
{
    char ordered[64] = "", key[64];
    size_t len = 0;

    for (uint32_t i = 0; i < model->x_count; i++) {
        const char *name = sku_name(sku_of(model->x[i]));

        WANT(strstr(x, name), "x of %s is \"%s\", without the model's %s", product_name(product), x, name);
        len += (size_t)snprintf(ordered + len, sizeof ordered - len, "%s%s", i > 0 ? " " : "", name);
    }
    WANT(strlen(x) == len, "x of %s is \"%s\", the model has \"%s\"", product_name(product), x, ordered);
    if (strcmp(x, ordered) != 0) {
        snprintf(key, sizeof key, "{cs1}:1:c:default:p:%s", product_name(product));
        redis_server_ask(race->rig->server, "HSET", key, "x", ordered, NULL);
    }
}

static void compare_product(struct race *race, uint32_t product)
{
    static const char states[] = {'a', 'l', 'h', 'd'};
    static const struct fstore_product none;
    const struct fstore_product *model = fstore_find_product(&race->model, 0, rig_key(product_name(product)));
    char key[64], copy[512], f[9][64], *rest = copy;
    const char *name = product_name(product);

    model = model ? model : &none;
    snprintf(key, sizeof key, "{cs1}:1:c:default:p:%s", name);
    snprintf(copy, sizeof copy, "%s",
             redis_server_ask(race->rig->server, "HMGET", key, "v", "cv", "st", "is", "s", "x", "lw", "ep",
                              "cn", NULL));
    for (int i = 0; i < 9; i++)
        next_line(&rest, f[i], sizeof f[i]);
    WANT(number(f[0]) == model->v, "v of %s: %s, the model has %llu", name, f[0],
         (unsigned long long)model->v);
    WANT(number(f[1]) == model->cv, "cv of %s: %s, the model has %llu", name, f[1],
         (unsigned long long)model->cv);
    WANT((f[2][0] == 'c') == (model->st == FSTORE_CLEAN), "st of %s: %s", name, f[2]);
    WANT((f[2][0] == 'd') == (model->st == FSTORE_DIRTY), "st of %s: %s", name, f[2]);
    WANT((f[3][0] ? f[3][0] : 'a') == states[model->is], "is of %s: %s", name, f[3]);
    WANT(strcmp(f[4], sku_name(sku_of(model->s))) == 0, "s of %s: %s, the model has %s", name, f[4],
         sku_name(sku_of(model->s)));
    compare_x(race, product, model, f[5]);
    WANT((f[6][0] == '1') == model->lw, "lw of %s: %s", name, f[6]);
    WANT(number(f[7]) == model->ep, "ep of %s: %s, the model has %llu", name, f[7],
         (unsigned long long)model->ep);
    WANT(number(f[8]) == model->cn, "cn of %s: %s, the model has %u", name, f[8], model->cn);
}

static void compare_sku(struct race *race, uint32_t sku)
{
    static const struct fstore_sku none;
    const struct fstore_sku *model = fstore_find_sku(&race->model, 0, rig_key(sku_name(sku)));
    char key[64], copy[512], f[7][64], id[32] = "", *rest = copy;
    const char *name = sku_name(sku);

    model = model ? model : &none;
    snprintf(key, sizeof key, "{cs1}:1:c:default:s:%s", name);
    snprintf(
        copy, sizeof copy, "%s",
        redis_server_ask(race->rig->server, "HMGET", key, "ow", "id", "tk", "un", "uu", "wr", "fe", NULL));
    for (int i = 0; i < 7; i++)
        next_line(&rest, f[i], sizeof f[i]);
    WANT(strcmp(f[0][0] ? f[0] : "(nil)", owner_of(model->ow)) == 0, "owner of %s: %s, the model has %s",
         name, f[0], owner_of(model->ow));
    if (model->id)
        snprintf(id, sizeof id, "i%llu", (unsigned long long)model->id);
    WANT(strcmp(f[1], id) == 0, "item of %s: %s, the model has %s", name, f[1], id);
    WANT((f[2][0] != '\0') == (model->tk.incarnation != 0), "lease of %s: \"%s\"", name, f[2]);
    WANT(!f[2][0] || (int64_t)number(f[3]) * 1000 == model->un, "un of %s", name);
    WANT((int64_t)number(f[5]) * 1000 == model->wr, "wr of %s: %s, the model has %lld", name, f[5],
         (long long)model->wr / 1000);
    WANT(number(f[6]) == model->fe, "fence of %s", name);

    WANT((int64_t)number(f[4]) * 1000 == model->uu || model->tk.incarnation != 0,
         "uu of %s: %s, the model has %lld", name, f[4], (long long)model->uu / 1000);
}

static void compare_memory(struct race *race)
{
    for (uint32_t i = 0; i < PRODUCTS; i++)
        compare_product(race, i);
    for (uint32_t i = 0; i < SKUS; i++)
        compare_sku(race, i);
}

/* ---- steps ---- */

static struct attempt *some_attempt(struct race *race)
{
    return &race->attempts[rnd(race, ATTEMPTS)];
}

static void step_claim(struct race *race, struct attempt *attempt, bool end)
{
    struct rig *rig = race->rig;
    const struct story *event = &race->events[attempt->event];
    struct claim_request claim = event->claim;
    struct fstore_claim_side side = {
        .event = attempt->event, .blob = attempt->event, .witness = ++race->numbers};
    struct store_strings strings = {.product_id = rig_text(product_name(event->product)),
                                    .sku = rig_text(sku_name(event->sku)),
                                    .event_id = rig_text(event->id)};
    struct fstore_claim_answer model;

    claim.epoch = chance(race, 97) ? race->epoch : race->epoch - 1;
    claim.token = attempt->token;
    claim.repair = attempt->repair;
    claim.lease_us = 30 * RIG_S;
    claim.late_us = 60 * RIG_S;
    claim.unchanged_max_age_us = 300 * RIG_S;
    if (chance(race, 2))
        claim.data_hash.lo += 1000; /* the identity used again for something else */
    if (end) {
        static const enum outcome outcomes[] = {OUTCOME_SUPERSEDED, OUTCOME_SKIPPED, OUTCOME_FAILED};

        claim.mode = CLAIM_END;
        claim.end_outcome = outcomes[rnd(race, 3)];
        claim.end_reason = REASON_LOCAL;
    }
    side.event_sku = claim.sku;
    redis_store_claim(rig->store, claim.token.op, &claim, &strings);
    rig_until(rig, &rig->claimed.count, rig->claimed.count + 1);
    fstore_claim(&race->model, rig->now_us, &claim, &side, &model);
    trace(race, end ? "end" : "claim", event, claim.token, &rig->claimed, (int)rig->claimed.reply.status);
    compare_claim(race, &rig->claimed, &model);
    attempt->granted = rig->claimed.reply.status == CLAIM_GRANTED;
    attempt->epoch = claim.epoch;
    if (attempt->granted) {
        attempt->claimed = rig->claimed;
        attempt->model = model;
    }
}

static void step_new_attempt(struct race *race)
{
    struct attempt *attempt = some_attempt(race);

    *attempt = (struct attempt){
        .used = true,
        .event = chance(race, 70) ? new_event(race) : rnd(race, race->events_count ? race->events_count : 1),
        .token = {.incarnation = 1 + rnd(race, 3), .op = {.slot = rnd(race, 4), .gen = ++race->gen}},
        .repair = chance(race, 5)};
    if (race->events_count == 0)
        attempt->event = new_event(race);
    step_claim(race, attempt, chance(race, 10));
}

/* What became of the targets: of the same SKU for both, whatever their order. */
static void fill_targets(struct race *race, const struct attempt *attempt, bool success,
                         enum item_state after, struct settle_target real[], struct settle_target model[],
                         struct fstore_settle_side *side, char ids[][24])
{
    const struct rig_claimed *claimed = &attempt->claimed;

    for (uint32_t i = 0; i < claimed->reply.targets_count; i++) {
        bool absent = after == ITEM_DELETED || after == ITEM_ABSENT;
        struct settle_target target = {.gone = i == 0 ? success && absent : chance(race, 70),
                                       .written = chance(race, 80)};
        const char *name = i == 0 ? claimed->main_sku : claimed->old_skus[i - 1];
        uint64_t id = 100 + rnd(race, 3);

        target.has_item = !target.gone && (success || chance(race, 30));
        if (!target.gone && chance(race, success ? 10 : 50))
            target.uncertain_us = (5 + 50 * (usec_t)rnd(race, 2)) * RIG_S;
        real[i] = target;
        snprintf(ids[i], 24, "i%llu", (unsigned long long)id);
        for (uint32_t k = 0; k < claimed->reply.targets_count; k++) {
            if (strcmp(sku_name(sku_of(attempt->model.skus[k])), name) != 0)
                continue;
            model[k] = target;
            side->skus[k] = attempt->model.skus[k];
            side->ids[k] = id;
        }
    }
}

static enum item_state state_after(struct race *race, const struct story *event)
{
    switch (event->claim.intent) {
    case INTENT_UPSERT: return ITEM_LIVE;
    case INTENT_HIDE: return chance(race, 80) ? ITEM_HIDDEN : ITEM_ABSENT;
    case INTENT_DELETE: break;
    }
    return chance(race, 80) ? ITEM_DELETED : ITEM_ABSENT;
}

static void step_settle(struct race *race, struct attempt *attempt)
{
    struct rig *rig = race->rig;
    const struct story *event = &race->events[attempt->event];
    bool success = chance(race, 75);
    enum item_state after = state_after(race, event);
    struct settle_request real = {.success = success,
                                  .outcome = success ? OUTCOME_UPDATED : OUTCOME_FAILED,
                                  .reason = success ? REASON_NONE : REASON_REFUSED,
                                  .after = after,
                                  .epoch = attempt->epoch,
                                  .fence = attempt->claimed.reply.fence,
                                  .version = attempt->claimed.reply.version,
                                  .token = attempt->token,
                                  .product = event->claim.product,
                                  .identity = event->claim.identity,
                                  .data_hash = event->claim.data_hash,
                                  .content = event->claim.content,
                                  .at = event->claim.at,
                                  .repair = attempt->repair,
                                  .targets_count = attempt->claimed.reply.targets_count},
                          model;
    struct fstore_settle_side side = {.event = attempt->event, .blob = attempt->event};
    struct store_strings strings = rig_settle_strings(
        &attempt->claimed, &(struct rig_event){.id = event->id, .product = product_name(event->product)});
    char ids[CORE_TARGETS_MAX][24];
    enum settle_status status;
    int times = chance(race, 15) ? 2 : 1; /* an answer may be lost, and the question asked again */

    model = real;
    fill_targets(race, attempt, success, after, real.targets, model.targets, &side, ids);
    for (uint32_t i = 0; i < real.targets_count; i++)
        strings.item_ids[i] = rig_text(ids[i]);
    for (int i = 0; i < times; i++) {
        redis_store_settle(rig->store, real.token.op, &real, &strings);
        rig_until(rig, &rig->settled_count, rig->settled_count + 1);
        side.witness = ++race->numbers;
        status = fstore_settle(&race->model, rig->now_us, &model, &side);
        trace(race, success ? "success" : "failure", event, real.token, &attempt->claimed, (int)rig->settled);
        WANT(rig->settled == status, "settle: %d, the model says %d", (int)rig->settled, (int)status);
        race->settled[status]++;
    }
    attempt->granted = false;
}

static void step_release(struct race *race, struct attempt *attempt)
{
    struct rig *rig = race->rig;
    const struct story *event = &race->events[attempt->event];
    struct release_request real = {.epoch = attempt->epoch,
                                   .fence = attempt->claimed.reply.fence,
                                   .token = attempt->token,
                                   .product = event->claim.product,
                                   .targets_count = attempt->claimed.reply.targets_count},
                           model;
    struct fstore_settle_side side = {.witness = ++race->numbers};
    struct store_strings strings = rig_settle_strings(
        &attempt->claimed, &(struct rig_event){.id = event->id, .product = product_name(event->product)});
    char ids[CORE_TARGETS_MAX][24];

    model = real;
    fill_targets(race, attempt, false, ITEM_LIVE, real.targets, model.targets, &side, ids);
    for (uint32_t i = 0; i < real.targets_count; i++)
        real.targets[i].gone = model.targets[i].gone = false;
    redis_store_release(rig->store, &real, &strings);
    trace(race, "release", event, real.token, &attempt->claimed, 0);
    rig_look(rig); /* a release has no answer: wait for the next one */
    fstore_release(&race->model, rig->now_us, &model, &side);
    attempt->granted = false;
}

static void step_budget(struct race *race)
{
    struct rig *rig = race->rig;
    uint32_t tokens = 1 + rnd(race, 20), granted;
    usec_t wait_us;

    if (chance(race, 10)) {
        redis_store_budget_block(rig->store, 0, RIG_S);
        fstore_budget_block(&race->model, 0, rig->now_us, RIG_S, 1000, 10);
    }
    redis_store_budget(rig->store, 0, tokens);
    rig_until(rig, &rig->budgets, rig->budgets + 1);
    granted = fstore_budget_take(&race->model, 0, rig->now_us, tokens, 1000, 10, &wait_us);
    WANT(rig->granted == granted, "granted %u, the model says %u", rig->granted, granted);
    WANT(granted == tokens || rig->budget_wait_us == wait_us, "wait %lld, the model says %lld",
         (long long)rig->budget_wait_us, (long long)wait_us);
}

/* ---- an operator's changes ---- */

static void ask_change(struct race *race, const char *what, uint32_t product, uint64_t version, char *letter,
                       int64_t *wait_ms)
{
    struct rig *rig = race->rig;
    char key[64], now[24], epoch[24], number[24], copy[64], *end;

    snprintf(key, sizeof key, "{cs1}:1:c:default:p:%s", product_name(product));
    snprintf(now, sizeof now, "%lld", (long long)rig->now_us);
    snprintf(epoch, sizeof epoch, "%016llu", (unsigned long long)race->epoch);
    snprintf(number, sizeof number, "%016llu", (unsigned long long)version);
    snprintf(copy, sizeof copy, "%s",
             redis_server_ask(rig->server, "EVAL", link_script_text(SCRIPT_CHANGE), "2", "{cs1}:1:g", key,
                              now, epoch, what, "operator", "60000", "60000", number, "e0", "100000", "", "",
                              "", NULL));
    *letter = copy[0];
    *wait_ms = strtoll(copy + 2, &end, 10);
}

static void step_change(struct race *race)
{
    static const char *const whats[] = {"hold", "hold", "reset", "forget"};
    struct rig *rig = race->rig;
    uint32_t what = rnd(race, 4), product = rnd(race, PRODUCTS);
    uint64_t version = rnd(race, 6) + race->step / 20;
    struct key128 key = rig_key(product_name(product));
    usec_t wait_us;
    int64_t wait_ms;
    char real, model;

    ask_change(race, whats[what], product, version, &real, &wait_ms);
    if (what < 2)
        model = fstore_hold(&race->model, rig->now_us, 0, key, 60 * RIG_S, 60 * RIG_S, &wait_us);
    else if (what == 2)
        model = fstore_reset(&race->model, rig->now_us, 0, key, 60 * RIG_S, version, 0, &wait_us);
    else
        model = fstore_forget(&race->model, rig->now_us, 0, key, 60 * RIG_S, 100 * RIG_S, &wait_us);
    if (real == 'N' && model == 'X')
        model = 'N'; /* the script says which of the two it is */
    WANT(real == model, "%s of %s: %c, the model says %c", whats[what], product_name(product), real, model);
    WANT(wait_ms * 1000 == wait_us, "%s of %s: wait %lld, the model says %lld", whats[what],
         product_name(product), (long long)wait_ms, (long long)wait_us / 1000);
    race->changed[what] += real == 'O';
}

static void new_epoch(struct race *race, usec_t quiet_us)
{
    struct rig *rig = race->rig;
    struct store_view view = {0};

    rig_raise(rig, race->epoch, quiet_us);
    fstore_raise(&race->model, rig->now_us, 0xa1, race->epoch, quiet_us, &view);
    WANT(rig->view.epoch == view.epoch, "epoch %llu, the model says %llu",
         (unsigned long long)rig->view.epoch, (unsigned long long)view.epoch);
    WANT(rig->view.wait_us == view.wait_us && rig->view.builder == view.builder, "view");
    rig->now_us += quiet_us;
    rig_ready(rig);
    fstore_ready(&race->model, rig->now_us, 0xa1, view.epoch, &view);
    WANT(rig->view.ready && view.ready, "ready");
    race->epoch = view.epoch;
}

static void step(struct race *race)
{
    struct attempt *attempt = some_attempt(race);
    uint32_t what = rnd(race, 100);

    if (what < 35 || !attempt->used)
        step_new_attempt(race);
    else if (what < 50)
        step_claim(race, attempt, chance(race, 10)); /* the same token again */
    else if (what < 75 && attempt->granted)
        step_settle(race, attempt);
    else if (what < 80 && attempt->granted)
        step_release(race, attempt);
    else if (what < 90)
        race->rig->now_us += (usec_t)rnd(race, 40000) * RIG_MS;
    else if (what < 95)
        step_budget(race);
    else if (what < 97)
        step_change(race);
    else if (what < 98)
        new_epoch(race, chance(race, 50) ? 0 : 90 * RIG_S);
}

static void run_seed(struct race *race, uint64_t seed)
{
    race->seed = seed;
    race->random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    race->events_count = race->gen = race->step = 0;
    race->epoch = 0;
    memset(race->events, 0, sizeof race->events);
    memset(race->attempts, 0, sizeof race->attempts);
    redis_server_ask(race->rig->server, "FLUSHALL", NULL);
    race->rig->now_us += 24 * 3600 * RIG_S;
    fstore_init(&race->model, 1);
    new_epoch(race, seed % 2 ? 0 : 90 * RIG_S);
    for (race->step = 0; race->step < STEPS; race->step++) {
        step(race);
        if (race->step % 3 == 0)
            compare_memory(race);
    }
    compare_memory(race);
}

static void same_answers_and_memory(void **state)
{
    struct race *race = *state;
    const char *one = getenv("SEED"), *many = getenv("SEEDS");
    uint64_t seeds = many ? strtoull(many, NULL, 10) : SEEDS;

    if (one) {
        run_seed(race, strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= seeds; seed++)
        run_seed(race, seed);
    /* A test of everything must have seen everything. */
    for (int i = CLAIM_GRANTED; i <= CLAIM_EPOCH; i++)
        if (race->seen[i] == 0 && i != CLAIM_TOO_MANY_SKUS)
            fail_msg("no claim ever ended in status %d", i);
    for (int i = SETTLE_OK; i <= SETTLE_EPOCH; i++)
        assert_true(race->settled[i] > 0);
    for (int i = 0; i < 4; i++)
        assert_true(race->changed[i] > 0);
}

static int start(void **state)
{
    struct race *race = calloc(1, sizeof *race);
    struct redis_store_settings settings;

    assert_non_null(race);
    race->rig = rig_new(redis_server_start(NULL));
    settings = rig_settings(race->rig);
    rig_open(race->rig, &settings);
    rig_until(race->rig, &race->rig->ups, 1);
    *state = race;
    return 0;
}

static int stop(void **state)
{
    struct race *race = *state;

    rig_free(race->rig, true);
    free(race);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_answers_and_memory)};

    return cmocka_run_group_tests(tests, start, stop);
}
