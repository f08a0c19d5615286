#include "limits.h"

#include "errors.h"
#include "sim.h"

#include <string.h>

static uint64_t bucket_us(const struct knobs *k)
{
    return (uint64_t)k->limit_window_ms * 1000 / LIMIT_BUCKETS;
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
static uint64_t regain_us(const struct limit *l, uint64_t allowed, const struct knobs *k, uint64_t now_us)
{
    uint64_t sum = used(l), wait = 0;
    for (uint64_t i = 1; i <= LIMIT_BUCKETS && sum >= allowed; i++) {
        sum -= l->bucket[(l->last + i) % LIMIT_BUCKETS];
        wait = i * bucket_us(k);
    }
    uint64_t blocked = l->blocked_until_us > now_us ? l->blocked_until_us - now_us : 0;
    return wait > blocked ? wait : blocked;
}

/* Counts one call. False: it is beyond the limit, or meets a block. */
static bool count(struct limit *l, uint64_t allowed, const struct knobs *k, uint64_t now_us)
{
    roll(l, now_us / bucket_us(k));
    l->bucket[l->last % LIMIT_BUCKETS]++;
    if (allowed == 0)
        return true;
    if (used(l) <= allowed && l->blocked_until_us <= now_us)
        return true;
    uint64_t until = now_us + (uint64_t)k->limit_block_ms * 1000;
    if (until > l->blocked_until_us)
        l->blocked_until_us = until;
    return false;
}

static struct limit *catalog_limit(struct call *call)
{
    return &call->sim->limits.catalogs[call->catalog - call->sim->store.catalogs];
}

static int regain_minutes(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    if (!call->catalog || k->limit_management_per_hour == 0)
        return 0;
    uint64_t us = regain_us(catalog_limit(call), (uint64_t)k->limit_management_per_hour, k, sim_now_us());
    return (int)((us + 59999999) / 60000000);
}

bool limits_admit(struct call *call)
{
    const struct knobs *k = &call->sim->knobs;
    uint64_t now_us = call->received_us;
    struct limits *ls = &call->sim->limits;
    bool app = count(&ls->app, (uint64_t)k->limit_app_per_hour, k, now_us);
    bool token = count(&ls->tokens[call->token], (uint64_t)k->limit_token_per_hour, k, now_us);
    bool catalog =
        !call->catalog || count(catalog_limit(call), (uint64_t)k->limit_management_per_hour, k, now_us);
    if (!catalog) {
        int minutes = regain_minutes(call);
        answer_throttle(call, 80009, minutes ? minutes : 1);
    } else if (!app) {
        answer_throttle(call, (int)k->limit_app_code, 0);
    } else if (!token) {
        answer_throttle(call, 17, 0);
    }
    return catalog && app && token;
}

static double percent(const struct limit *l, int64_t allowed)
{
    return allowed ? 100.0 * (double)used(l) / (double)allowed : 0;
}

void limits_headers(struct call *call, struct text *business, struct text *app)
{
    const struct knobs *k = &call->sim->knobs;
    double forced = k->usage_header_force_percent;
    int regain = call->answer.regain_minutes;
    if (call->catalog && (forced >= 0 || regain || k->limit_management_per_hour)) {
        double p = forced >= 0 ? forced : percent(catalog_limit(call), k->limit_management_per_hour);
        if (regain && p < 100)
            p = 100;
        if (forced >= 0 || p >= k->usage_header_from_percent) {
            text_fmt(
                business,
                "{\"%s\":[{\"type\":\"%s\",\"call_count\":%.0f,\"total_cputime\":%.0f,\"total_time\":%.0f,"
                "\"estimated_time_to_regain_access\":%d}]",
                call->catalog->id, k->usage_header_type, p, p / 3, p / 2, regain);
            for (int i = 0; i < k->usage_header_extra_ids; i++)
                text_fmt(business,
                         ",\"%d\":[{\"type\":\"ads_management\",\"call_count\":1,\"total_cputime\":1,"
                         "\"total_time\":1,\"estimated_time_to_regain_access\":0}]",
                         900000000 + i);
            text_char(business, '}');
        }
    }
    if (k->limit_app_per_hour) {
        double p = percent(&call->sim->limits.app, k->limit_app_per_hour);
        if (p >= k->usage_header_from_percent)
            text_fmt(app, "{\"call_count\":%.0f,\"total_time\":%.0f,\"total_cputime\":%.0f}", p, p / 2,
                     p / 3);
    }
}
