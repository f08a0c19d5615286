#include "limits.h"

#include "errors.h"
#include "sim.h"

#include <string.h>

static uint64_t bucket_us(int64_t window_ms)
{
    return (uint64_t)window_ms * 1000 / LIMIT_BUCKETS;
}

/* Forgets the buckets that have left the window. */
static void roll(struct limit *l, uint64_t now)
{
    uint64_t gone = now - l->last;
    for (uint64_t i = 1; i <= gone && i <= LIMIT_BUCKETS; i++)
        l->bucket[(l->last + i) % LIMIT_BUCKETS] = 0;
    l->last = now;
}

static uint64_t used(const struct limit *l)
{
    uint64_t sum = 0;
    for (int i = 0; i < LIMIT_BUCKETS; i++)
        sum += l->bucket[i];
    return sum;
}

/* Time until one more call fits, if no further call is made. */
static uint64_t regain_us(const struct limit *l, uint64_t allowed, int64_t window_ms, uint64_t now_us)
{
    uint64_t sum = used(l), wait = 0;
    for (uint64_t i = 1; i <= LIMIT_BUCKETS && sum >= allowed; i++) {
        sum -= l->bucket[(l->last + i) % LIMIT_BUCKETS];
        wait = i * bucket_us(window_ms);
    }
    uint64_t blocked = l->blocked_until_us > now_us ? l->blocked_until_us - now_us : 0;
    return wait > blocked ? wait : blocked;
}

/* Counts one call. False: it is beyond the limit, or meets a block. */
static bool count(struct limit *l, int64_t allowed, int64_t window_ms, int64_t block_ms, uint64_t now_us)
{
    roll(l, now_us / bucket_us(window_ms));
    l->bucket[l->last % LIMIT_BUCKETS]++;
    if (allowed == 0)
        return true;
    if (used(l) <= (uint64_t)allowed && l->blocked_until_us <= now_us)
        return true;
    uint64_t until = now_us + (uint64_t)block_ms * 1000;
    if (until > l->blocked_until_us)
        l->blocked_until_us = until;
    return false;
}

/* The limit of a catalog that a call counts to: items_batch has its own, all else is management. */
struct gate {
    struct limit *limit;
    int64_t allowed, window_ms;
    int code;
    const char *type;
};

static struct gate gate_of(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    struct limits *ls = &call->sim->limits;
    ptrdiff_t at = call->catalog - call->sim->store.catalogs;
    if (call->kind == KIND_BATCH)
        return (struct gate){&ls->batches[at], k->limit_batch_per_minute, k->limit_batch_window_ms, 80014,
                             k->usage_header_batch_type};
    return (struct gate){&ls->catalogs[at], k->limit_management_per_hour, k->limit_window_ms, 80009,
                         k->usage_header_type};
}

static void answer_beyond(struct call *call)
{
    struct gate gate = gate_of(call);
    uint64_t us = regain_us(gate.limit, (uint64_t)gate.allowed, gate.window_ms, sim_now_us());
    int minutes = (int)((us + 59999999) / 60000000);
    answer_throttle(call, gate.code, minutes ? minutes : 1);
}

static bool admit_to_catalog(struct call *call)
{
    if (!call->catalog)
        return true;
    struct gate gate = gate_of(call);
    return count(gate.limit, gate.allowed, gate.window_ms, call->sim->knobs.limit_block_ms,
                 call->received_us);
}

bool limits_admit(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    uint64_t now_us = call->received_us;
    struct limits *ls = &call->sim->limits;
    bool app = count(&ls->app, k->limit_app_per_hour, k->limit_window_ms, k->limit_block_ms, now_us);
    bool token = count(&ls->tokens[call->token], k->limit_token_per_hour, k->limit_window_ms,
                       k->limit_block_ms, now_us);
    bool catalog = admit_to_catalog(call);
    if (!catalog)
        answer_beyond(call);
    else if (!app)
        answer_throttle(call, (int)k->limit_app_code, 0);
    else if (!token)
        answer_throttle(call, 17, 0);
    return catalog && app && token;
}

static double percent(const struct limit *l, int64_t allowed)
{
    return allowed ? 100.0 * (double)used(l) / (double)allowed : 0;
}

static void add_business(struct call *call, struct text *out)
{
    const struct knobs *k = &call->sim->knobs;
    struct gate gate = gate_of(call);
    double forced = k->usage_header_force_percent;
    int regain = call->answer.regain_minutes;
    if (forced < 0 && !regain && !gate.allowed)
        return;
    double p = forced >= 0 ? forced : percent(gate.limit, gate.allowed);
    if (regain && p < 100)
        p = 100;
    if (forced < 0 && p < k->usage_header_from_percent)
        return;
    text_fmt(out,
             "{\"%s\":[{\"type\":\"%s\",\"call_count\":%.0f,\"total_cputime\":%.0f,\"total_time\":%.0f,"
             "\"estimated_time_to_regain_access\":%d}]",
             call->catalog->id, gate.type, p, p / 3, p / 2, regain);
    for (int i = 0; i < k->usage_header_extra_ids; i++)
        text_fmt(out,
                 ",\"%d\":[{\"type\":\"ads_management\",\"call_count\":1,\"total_cputime\":1,"
                 "\"total_time\":1,\"estimated_time_to_regain_access\":0}]",
                 900000000 + i);
    text_char(out, '}');
}

void limits_headers(struct call *call, struct text *business, struct text *app)
{
    const struct knobs *k = &call->sim->knobs;
    if (call->catalog)
        add_business(call, business);
    if (k->limit_app_per_hour) {
        double p = percent(&call->sim->limits.app, k->limit_app_per_hour);
        if (p >= k->usage_header_from_percent)
            text_fmt(app, "{\"call_count\":%.0f,\"total_time\":%.0f,\"total_cputime\":%.0f}", p, p / 2,
                     p / 3);
    }
}
