/* The product events of a run, drawn at its start: what each says, and when and where it is produced. */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include "tests/sim/rng.h"
#include "tests/sim/settings.h"

enum { SIM_NO_SKU = -1, SIM_RECORDS_MAX = SIM_EVENTS_MAX };

/* What an event says. Strings are numbers. */
struct event {
    uint8_t catalog;
    uint32_t product;
    int32_t sku; /* SIM_NO_SKU: none */
    enum intent intent;
    enum reason hide_reason;
    uint64_t version;
    uint32_t content, identity, data;
    bool force, replay, tombstone, hint;
    enum local_end local;
    bool no_product; /* nothing can be read from it */
    bool poison;     /* the API refuses its data for good */
    bool killer;     /* whoever makes a call for it dies */
};

struct production {
    usec_t at;
    uint32_t event;
    uint8_t tp;  /* topic * parts + partition */
    uint8_t gap; /* offsets left out before it */
};

struct workload {
    struct event events[SIM_EVENTS_MAX];
    uint32_t events_count;
    struct production productions[SIM_RECORDS_MAX];
    uint32_t productions_count;
};

void workload_draw(struct workload *workload, const struct sim_settings *settings, struct rng *rng);

/* Adds an event with its own identity and content; for scripted worlds. Returns its number. */
uint32_t workload_event(struct workload *workload, struct event event);

/* Appends a production. */
void workload_produce(struct workload *workload, usec_t at, uint32_t event, uint8_t tp, uint8_t gap);

/* Numbers as the keys the core sees, and back. */
struct key128 key_product(uint8_t catalog, uint32_t product);
struct key128 key_sku(int32_t sku);
struct key128 key_identity(uint32_t identity);
struct key128 key_data(uint32_t data);
struct key128 key_content(uint32_t content);
int32_t sku_of_key(struct key128 key);

#endif
