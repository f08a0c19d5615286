#include "resolve.h"

#include "jsonl.h"
#include "visible.h"

#include "tools/kit/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COMMIT_EVERY_MS = 2000, /* a transaction is not held open longer than this and one letter */
    WAIT_MS = 50,
    AUDIT_VALUE_MAX = 700000, /* a larger payload is left out of its audit record: topics take 1 MB */
    AUDIT_JSON_MAX = 3 << 20,
    CHANGED_MAX = 64 << 20,
};

static void refuse(struct resolve *r, const struct letter *letter, const char *why)
{
    struct refusal *refusal = r->refusals;
    struct sbuf name;
    size_t i = 0;

    r->refused++;
    while (i < r->refusal_count && strcmp(r->refusals[i].why, why) != 0)
        i++;
    if (i == RESOLVE_REFUSALS_MAX)
        i--; /* the last one stands for all further ones */
    refusal += i;
    if (i == r->refusal_count) {
        r->refusal_count++;
        snprintf(refusal->why, sizeof refusal->why, "%s", why);
        sbuf_init_fixed(&name, refusal->example, sizeof refusal->example);
        letter_name(letter, &name);
    }
    refusal->count++;
}

static bool is_event_topic(const struct config *config, const char *name)
{
    const struct config_list *lists[] = {&config->topic_events, &config->topic_events_bulk};

    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            if (strcmp(lists[l]->items[i], name) == 0)
                return true;
    return false;
}

static int32_t partitions_of(struct resolve *r, const char *topic)
{
    struct kit_topic *look = calloc(1, sizeof *look);
    char error[KAFKA_ERROR_SIZE];
    int32_t partitions = look && kit_topic_look(r->reader, topic, look, error) ? look->partitions : 0;

    free(look);
    return partitions;
}

/* The letter's topic among the targets; NULL with why where events must not or cannot go there. */
static struct target *target_of(struct resolve *r, const struct letter *letter, char why[RESOLVE_WHY_SIZE])
{
    struct bytes name = letter->fields[DLQ_TOPIC];
    struct target *target = r->targets;
    size_t i = 0;

    while (i < r->target_count &&
           (strlen(r->targets[i].topic) != name.len || memcmp(r->targets[i].topic, name.ptr, name.len) != 0))
        i++;
    target += i;
    if (i == r->target_count) {
        if (i == RESOLVE_TARGETS_MAX || name.len >= sizeof target->topic || memchr(name.ptr, 0, name.len)) {
            snprintf(why, RESOLVE_WHY_SIZE, "its topic's name cannot be used");
            return NULL;
        }
        *target = (struct target){0};
        memcpy(target->topic, name.ptr, name.len);
        target->partitions = r->settings.any_topic || is_event_topic(r->config, target->topic)
                                 ? partitions_of(r, target->topic)
                                 : -1;
        r->target_count++;
    }
    if (target->partitions < 0)
        snprintf(why, RESOLVE_WHY_SIZE,
                 "it came from topic %.100s, which is neither in topic.events nor in topic.events.bulk: "
                 "correct the "
                 "configuration, or use --any-topic",
                 target->topic);
    else if (target->partitions == 0)
        snprintf(why, RESOLVE_WHY_SIZE, "topic %.150s is not there", target->topic);
    else if (letter->origin_partition >= target->partitions)
        snprintf(why, RESOLVE_WHY_SIZE, "topic %.150s has %d partitions, and it came from number %d",
                 target->topic, target->partitions, letter->origin_partition);
    else
        return target;
    return NULL;
}

/* NULL with why: this letter is not to be replayed. */
static struct target *may_replay(struct resolve *r, const struct letter *letter, char why[RESOLVE_WHY_SIZE])
{
    const char *cannot = letter_not_replayable(letter);

    if (cannot) {
        snprintf(why, RESOLVE_WHY_SIZE, "%s", cannot);
        return NULL;
    }
    if (letter->replays >= r->settings.replays_max && !r->settings.force) {
        snprintf(why, RESOLVE_WHY_SIZE,
                 "loop guard: replayed %lld times already: mend the cause, then use --force or a higher "
                 "--max-replays",
                 (long long)r->settings.replays_max);
        return NULL;
    }
    return target_of(r, letter, why);
}

bool resolve_prepare(struct resolve *r, bool dry, char error[KAFKA_ERROR_SIZE])
{
    size_t count;

    if (!dry && !txn_open(&r->txn, r->config, error))
        return false;
    r->txn.on_sent = r->hooks.sent;
    r->txn.arg = r->hooks.arg;
    r->reader = kit_kafka_reader(r->config, "catalog-dlq", READING_PREFETCH_BYTES, error);
    if (!r->reader || !judge_init(&r->judge, r->config, r->settings.now_ms, error, KAFKA_ERROR_SIZE))
        return false;
    r->table.filter = r->settings.filter;
    if (!open_read(&r->table, r->reader, r->config->topic_dlq, r->hooks.reading, r->hooks.arg, error))
        return false;
    r->places = open_places(&r->table, &count);
    if (count < r->table.matching) {
        snprintf(error, KAFKA_ERROR_SIZE, "no memory");
        return false;
    }
    r->place_count = count;
    if (r->settings.max > 0 && count > (uint64_t)r->settings.max) {
        r->place_count = (size_t)r->settings.max;
        r->left = count - r->place_count;
    }
    return true;
}

void resolve_free(struct resolve *r)
{
    txn_close(&r->txn);
    kit_kafka_reader_close(r->reader);
    if (r->judge.worker)
        judge_free(&r->judge);
    open_free(&r->table);
    free(r->places);
    free(r->product_keys);
    r->places = NULL;
    r->product_keys = NULL;
    r->reader = NULL;
}

/* ---- one letter ---- */

struct one {
    struct letter letter;
    struct bytes value;
    bool changed;
    struct target *target;
};

/* The whole letter, and what became of it. */
static bool audit(struct resolve *r, const struct one *one, char *error)
{
    const struct letter *letter = &one->letter;
    struct bytes sku = letter->fields[DLQ_SKU], product = letter->fields[DLQ_PRODUCT_ID],
                 catalog = letter->fields[DLQ_CATALOG];
    struct sbuf before, after, subject;
    char texts[3][256];
    struct kit_audit record = {.tool = "catalog-dlq",
                               .action = r->settings.action == RESOLVE_REPLAY ? "replay" : "drop",
                               .actor = r->settings.actor,
                               .why = r->settings.why,
                               .at_ms = kit_wall_ms()};
    bool ok;

    snprintf(texts[0], sizeof texts[0], "%.*s", (int)(catalog.len < 255 ? catalog.len : 255),
             catalog.ptr ? catalog.ptr : "");
    snprintf(texts[1], sizeof texts[1], "%.*s", (int)(product.len < 255 ? product.len : 255),
             product.ptr ? product.ptr : "");
    snprintf(texts[2], sizeof texts[2], "%.*s", (int)(sku.len < 255 ? sku.len : 255), sku.ptr ? sku.ptr : "");
    record.catalog = texts[0][0] ? texts[0] : NULL;
    record.product_id = texts[1][0] ? texts[1] : NULL;
    record.sku = texts[2][0] ? texts[2] : NULL;
    sbuf_init(&before, AUDIT_JSON_MAX);
    sbuf_init(&after, AUDIT_JSON_MAX);
    sbuf_init(&subject, 2048);
    visible_put(&subject, letter->key.ptr, letter->key.len, 400);
    jsonl_put(&before, letter, r->settings.private_audit || letter->value.len > AUDIT_VALUE_MAX);
    if (one->target) {
        sbuf_puts(&after, "{\"topic\":");
        sbuf_put_json(&after, one->target->topic, strlen(one->target->topic));
        sbuf_printf(&after, ",\"partition\":%d,\"replays\":%lld,\"edited\":%s", letter->origin_partition,
                    (long long)letter->replays + 1, one->changed ? "true" : "false");
        if (one->changed && !r->settings.private_audit && one->value.len <= AUDIT_VALUE_MAX / 2) {
            sbuf_putc(&after, ',');
            jsonl_bytes(&after, "value", one->value);
        }
        sbuf_putc(&after, '}');
        record.after_json = sbuf_str(&after);
    }
    record.subject = sbuf_str(&subject);
    record.before_json = sbuf_str(&before);
    ok = txn_resolve(&r->txn, letter, &record, error);
    sbuf_free(&before);
    sbuf_free(&after);
    sbuf_free(&subject);
    return ok;
}

static bool send_event(struct resolve *r, const struct one *one, char *error)
{
    struct record_header headers[JUDGE_HEADERS_MAX];
    char number[JUDGE_NUMBER_SIZE];
    struct txn_event event = {
        .topic = one->target->topic,
        .partition = one->letter.origin_partition,
        .key = one->letter.fields[DLQ_KEY],
        .value = one->value,
        .headers = headers,
    };

    if (!event.key.ptr && !one->letter.fields[DLQ_KEY_NULL].ptr)
        event.key = (struct bytes){"", 0};
    event.header_count =
        replay_headers(&one->letter, r->settings.keep, r->settings.keep_count, headers, number);
    if (r->hooks.sending)
        event.opaque = r->hooks.sending(r->hooks.arg, &one->letter, one->target->topic);
    return txn_send(&r->txn, &event, error);
}

/* What the hook makes of the event. False: it is not sent. */
static bool change(struct resolve *r, struct one *one, struct sbuf *out)
{
    char why[RESOLVE_WHY_SIZE] = "";

    if (!r->hooks.change)
        return true;
    sbuf_reset(out);
    switch (r->hooks.change(r->hooks.arg, &one->letter, &r->judge, out, why)) {
    case CHANGE_NONE: return true;
    case CHANGE_DONE:
        one->changed = true;
        one->value = (struct bytes){sbuf_str(out), out->len};
        return true;
    case CHANGE_STOP: r->stopped = true; return false;
    case CHANGE_SKIP: break;
    }
    refuse(r, &one->letter, why);
    return false;
}

/* An edited event must be good, unless forced; true, and counted as refused, where it is not. */
static bool refuses_change(struct resolve *r, const struct one *one, const struct event *event)
{
    char why[RESOLVE_WHY_SIZE];

    if (!event || event->kind != EVENT_BROKEN || !one->changed || r->settings.force)
        return false;
    snprintf(why, sizeof why, "invalid after the change: %.200s", event->broken.message.ptr);
    refuse(r, &one->letter, why);
    return true;
}

/* One that goes out as it was may fail again, which is counted. */
static bool check(struct resolve *r, const struct one *one)
{
    struct event *event = judge_decode(&r->judge, &one->letter, one->value);
    bool refused = refuses_change(r, one, event);

    r->still_invalid += !refused && (!event || event->kind == EVENT_BROKEN);
    event_free(event);
    return !refused;
}

/* ---- what would happen ---- */

static void count_product(struct resolve *r, struct key128 key)
{
    if (r->calls == r->product_room) {
        size_t room = r->product_room ? r->product_room * 2 : 1024;
        struct key128 *keys = realloc(r->product_keys, room * sizeof *keys);

        if (!keys)
            return;
        r->product_keys = keys;
        r->product_room = room;
    }
    r->product_keys[r->calls++] = key;
}

static int by_key(const void *a, const void *b)
{
    const struct key128 *x = a, *y = b;

    if (x->hi != y->hi)
        return x->hi < y->hi ? -1 : 1;
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static void judge_one(struct resolve *r, struct one *one, struct sbuf *changed)
{
    char why[RESOLVE_WHY_SIZE];
    struct event *event;

    one->target = may_replay(r, &one->letter, why);
    if (!one->target) {
        refuse(r, &one->letter, why);
        return;
    }
    one->value = letter_replay_value(&one->letter);
    if (!change(r, one, changed))
        return;
    event = judge_decode(&r->judge, &one->letter, one->value);
    if (refuses_change(r, one, event)) {
        event_free(event);
        return;
    }
    one->target->count++;
    r->changed += one->changed;
    switch (event ? judge_cost(event) : COST_FAILS) {
    case COST_FAILS: r->still_invalid++; break;
    case COST_NONE: r->no_call++; break;
    case COST_CALL: count_product(r, event->product_key); break;
    }
    event_free(event);
}

bool resolve_dry(struct resolve *r, char error[KAFKA_ERROR_SIZE])
{
    struct record_header headers[LETTER_HEADERS_MAX];
    rd_kafka_message_t *message;
    struct picker picker;
    struct sbuf changed;
    int got;

    sbuf_init(&changed, CHANGED_MAX);
    picker_start(&picker, r->reader, r->config->topic_dlq, r->places, r->place_count);
    while ((got = kit_stop ? 0 : picker_next(&picker, &message, error)) > 0) {
        struct one one = {.changed = false};

        letter_of_message(message, headers, &one.letter);
        if (r->settings.action == RESOLVE_REPLAY)
            judge_one(r, &one, &changed);
        else if (!one.letter.key.ptr)
            refuse(r, &one.letter, letter_fault_words(LETTER_NO_KEY));
        r->done++;
        rd_kafka_message_destroy(message);
        if (r->hooks.resolving)
            r->hooks.resolving(r->hooks.arg, r->done, r->place_count);
    }
    sbuf_free(&changed);
    r->gone = picker.gone;
    r->stopped = kit_stop != 0;
    if (r->calls > 0)
        qsort(r->product_keys, r->calls, sizeof *r->product_keys, by_key);
    for (size_t i = 0; i < r->calls; i++)
        r->products += i == 0 || !key128_eq(r->product_keys[i], r->product_keys[i - 1]);
    return got == 0;
}

/* ---- what happens ---- */

/* 1: the letter is in the transaction; 0: it is not, for a reason that is counted; -1: failed. */
static int resolve_one(struct resolve *r, struct one *one, struct sbuf *changed, char *error)
{
    char why[RESOLVE_WHY_SIZE];

    if (r->settings.action == RESOLVE_DROP) {
        if (!one->letter.key.ptr) {
            refuse(r, &one->letter, letter_fault_words(LETTER_NO_KEY));
            return 0;
        }
        return audit(r, one, error) ? 1 : -1;
    }
    one->target = may_replay(r, &one->letter, why);
    if (!one->target) {
        refuse(r, &one->letter, why);
        return 0;
    }
    one->value = letter_replay_value(&one->letter);
    if (!change(r, one, changed) || !check(r, one))
        return 0;
    if (!send_event(r, one, error) || !audit(r, one, error))
        return -1;
    one->target->count++;
    r->changed += one->changed;
    return 1;
}

static bool commit(struct resolve *r, char *error)
{
    uint32_t letters = r->txn.letters;

    if (!txn_commit(&r->txn, error))
        return false;
    r->done += letters;
    if (r->hooks.resolving)
        r->hooks.resolving(r->hooks.arg, r->done + r->refused, r->place_count);
    return true;
}

/* With a rate, letter number n is due n / rate seconds after the start; nothing is held open meanwhile. */
static bool wait_turn(struct resolve *r, int64_t started_ms, uint64_t n, char *error)
{
    int64_t due_ms;

    if (r->settings.rate <= 0)
        return true;
    due_ms = started_ms + (int64_t)((double)n * 1000 / r->settings.rate);
    while (kit_now_ms() < due_ms && !kit_stop) {
        if (r->txn.begun && due_ms - kit_now_ms() > WAIT_MS && !commit(r, error))
            return false;
        txn_poll(&r->txn, due_ms - kit_now_ms() > WAIT_MS ? WAIT_MS : (int)(due_ms - kit_now_ms()));
    }
    return true;
}

static bool is_full(const struct resolve *r)
{
    return r->txn.letters >= TXN_LETTERS_MAX ||
           (r->txn.begun && kit_now_ms() - r->txn.begun_ms > COMMIT_EVERY_MS) || r->settings.one_by_one;
}

static bool resolve_all(struct resolve *r, struct sbuf *changed, char *error)
{
    struct record_header headers[LETTER_HEADERS_MAX];
    int64_t started_ms = kit_now_ms();
    rd_kafka_message_t *message;
    struct picker picker;
    uint64_t sent = 0;
    int got = 0;

    picker_start(&picker, r->reader, r->config->topic_dlq, r->places, r->place_count);
    while (!kit_stop && !r->stopped && (got = picker_next(&picker, &message, error)) > 0) {
        struct one one = {.changed = false};
        int rc;

        letter_of_message(message, headers, &one.letter);
        rc = wait_turn(r, started_ms, sent, error) ? 0 : -1;
        if (rc == 0 && !kit_stop)
            rc = resolve_one(r, &one, changed, error);
        rd_kafka_message_destroy(message);
        sent += rc > 0;
        if (rc < 0 || (is_full(r) && !commit(r, error)))
            return false;
    }
    r->gone = picker.gone;
    r->stopped = r->stopped || kit_stop;
    return got >= 0;
}

bool resolve_go(struct resolve *r, char error[KAFKA_ERROR_SIZE])
{
    char late[KAFKA_ERROR_SIZE];
    struct sbuf changed;
    bool ok;

    sbuf_init(&changed, CHANGED_MAX);
    ok = resolve_all(r, &changed, error);
    /* What is whole in the open transaction goes out, even on Ctrl-C; a second Ctrl-C gives it up. */
    if (ok && kit_stop > 1) {
        txn_abort(&r->txn);
    } else if (ok) {
        ok = commit(r, error);
    } else if (r->txn.begun && !commit(r, late)) {
        txn_abort(&r->txn);
    }
    sbuf_free(&changed);
    return ok;
}
