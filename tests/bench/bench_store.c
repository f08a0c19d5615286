/* What the store costs: claims and settles through the adapter to a private redis-server, as a worker does
 * them, with many on the wire. Prints rates, and the CPU of this process (user and system) a claim and a
 * settle.
 *
 *   bench_store [events] [on the wire] */
#include "common/hash128.h"
#include "tests/support/redis_server.h"
#include "worker/adapters/redis_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct bench {
    struct loop *loop;
    struct redis_store *store;
    uint32_t events, claims_sent, claims, settles, others;
    bool up, viewed, ready;
    uint64_t epoch;
};

static struct text text(const char *string)
{
    return (struct text){.ptr = string, .len = (uint32_t)strlen(string)};
}

static void names(uint32_t event, char product[24], char sku[24], char id[48])
{
    snprintf(product, 24, "%u", 100000 + event);
    snprintf(sku, 24, "SKU-%06u", event);
    snprintf(id, 48, "3f2b8f0e-7c5d-4c0e-9d0a-%012u", event);
}

static void claim(struct bench *bench, uint32_t event)
{
    char product[24], sku[24], id[48];
    struct claim_request request = {.intent = INTENT_UPSERT,
                                    .has_sku = true,
                                    .epoch = bench->epoch,
                                    .version = 1732300000000000 + event,
                                    .token = {.incarnation = 0xa1, .op = {.slot = event, .gen = 1}},
                                    .at = {.partition = 3, .offset = event},
                                    .lease_us = 30000000,
                                    .late_us = 60000000,
                                    .unchanged_max_age_us = 3600000000};
    struct store_strings strings;

    names(event, product, sku, id);
    strings = (struct store_strings){.product_id = text(product), .sku = text(sku), .event_id = text(id)};
    request.identity = (struct key128){.hi = event * UINT64_C(0x9E3779B97F4A7C15), .lo = event};
    request.data_hash = request.content = (struct key128){.hi = 7, .lo = event};
    redis_store_claim(bench->store, request.token.op, &request, &strings);
    bench->claims_sent++;
}

static void settle(struct bench *bench, uint32_t event, const struct claim_reply *reply)
{
    char product[24], sku[24], id[48];
    struct settle_request request = {.success = true,
                                     .outcome = OUTCOME_CREATED,
                                     .after = ITEM_LIVE,
                                     .epoch = bench->epoch,
                                     .fence = reply->fence,
                                     .version = reply->version,
                                     .token = {.incarnation = 0xa1, .op = {.slot = event, .gen = 1}},
                                     .at = {.partition = 3, .offset = event},
                                     .targets_count = 1,
                                     .targets = {{.has_item = true, .written = true}}};
    struct store_strings strings;

    names(event, product, sku, id);
    strings = (struct store_strings){.product_id = text(product),
                                     .sku = text(sku),
                                     .event_id = text(id),
                                     .item_ids = {text("7281640018554873")}};
    request.identity = (struct key128){.hi = event * UINT64_C(0x9E3779B97F4A7C15), .lo = event};
    request.data_hash = request.content = (struct key128){.hi = 7, .lo = event};
    redis_store_settle(bench->store, request.token.op, &request, &strings);
}

static void on_up(void *user)
{
    ((struct bench *)user)->up = true;
}

static void on_down(void *user, const char *why)
{
    (void)user;
    fprintf(stderr, "bench_store: the connection was lost: %s\n", why);
    exit(1);
}

static void on_trouble(void *user, const char *message)
{
    (void)user;
    fprintf(stderr, "bench_store: %s\n", message);
}

static void on_claimed(void *user, struct op_id op, const struct claim_reply *reply,
                       const struct claim_strings *strings)
{
    struct bench *bench = user;

    (void)strings;
    bench->claims++;
    if (reply->status == CLAIM_GRANTED)
        settle(bench, op.slot, reply);
    else
        bench->others++;
}

static void on_settled(void *user, struct op_id op, enum settle_status status)
{
    struct bench *bench = user;

    (void)op;
    bench->settles++;
    if (status != SETTLE_OK)
        bench->others++;
    if (bench->claims_sent < bench->events)
        claim(bench, bench->claims_sent);
}

static void on_budget(void *user, uint8_t catalog, bool answered, uint32_t granted, usec_t wait_us)
{
    (void)user;
    (void)catalog;
    (void)answered;
    (void)granted;
    (void)wait_us;
}

static void on_viewed(void *user, const struct store_view *view)
{
    struct bench *bench = user;

    bench->viewed = true;
    bench->epoch = view->epoch;
    bench->ready = view->ready;
}

static void until(struct bench *bench, const bool *flag)
{
    while (!*flag)
        loop_run_once(bench->loop, LOOP_NEVER);
}

static double cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void open_store(struct bench *bench, struct redis_server *server)
{
    static const struct redis_store_catalog catalogs[] = {{.name = "default"}};
    static const char *const topics[] = {"product-events"};
    struct redis_store_settings settings = {.url = redis_server_url(server),
                                            .incarnation = 0xa1,
                                            .catalogs = catalogs,
                                            .catalogs_count = 1,
                                            .topics = topics,
                                            .topics_count = 1,
                                            .dedup_ttl_ms = 604800000};
    struct redis_store_events events = {.user = bench,
                                        .on_up = on_up,
                                        .on_down = on_down,
                                        .on_trouble = on_trouble,
                                        .on_claimed = on_claimed,
                                        .on_settled = on_settled,
                                        .on_budget = on_budget,
                                        .on_viewed = on_viewed};
    char error[256];

    bench->loop = loop_create();
    bench->store = redis_store_open(bench->loop, &settings, &events, error, sizeof error);
    if (!bench->store) {
        fprintf(stderr, "bench_store: %s\n", error);
        exit(1);
    }
    until(bench, &bench->up);
    redis_store_epoch_raise(bench->store, 0, 0);
    until(bench, &bench->viewed);
    redis_store_epoch_ready(bench->store, bench->epoch);
    until(bench, &bench->ready);
}

int main(int argc, char **argv)
{
    uint32_t events = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    uint32_t wire = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 64;
    struct redis_server *server = redis_server_start(NULL);
    struct bench bench = {.events = events};
    double cpu, wall;
    usec_t begin_us;

    open_store(&bench, server);
    begin_us = loop_clock_us();
    cpu = cpu_us();
    for (uint32_t i = 0; i < wire && i < events; i++)
        claim(&bench, i);
    while (bench.settles < events && bench.others == 0)
        loop_run_once(bench.loop, LOOP_NEVER);
    cpu = cpu_us() - cpu;
    wall = (double)(loop_clock_us() - begin_us);
    printf("claim + settle: %u events, %u on the wire: %.0f a second, %.2f us of client CPU an event\n",
           events, wire, events / wall * 1e6, cpu / events);

    /* Again: every claim finds its outcome stored. */
    begin_us = loop_clock_us();
    cpu = cpu_us();
    bench.claims = bench.claims_sent = bench.others = 0;
    for (uint32_t sent = 0; bench.claims < events;) {
        while (sent < events && redis_store_outstanding(bench.store) < wire)
            claim(&bench, sent++);
        loop_run_once(bench.loop, LOOP_NEVER);
    }
    cpu = cpu_us() - cpu;
    wall = (double)(loop_clock_us() - begin_us);
    printf("claim, done:    %u events, %u on the wire: %.0f a second, %.2f us of client CPU an event\n",
           events, wire, events / wall * 1e6, cpu / events);
    redis_store_close(bench.store);
    loop_destroy(bench.loop);
    redis_server_free(server);
    return bench.others == events ? 0 : 1; /* all were told that they are done */
}
