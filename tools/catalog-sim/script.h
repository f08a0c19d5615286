/* Scripted faults (POST /_sim/fault): rules that match calls and say what befalls them, before any drawn
 * fault. */
#ifndef CATALOG_SIM_SCRIPT_H
#define CATALOG_SIM_SCRIPT_H

#include "batch.h"
#include "call.h"

#include <cjson/cJSON.h>

#define SCRIPT_MAX 4096

struct rule {
    int kind, method;     /* -1: any */
    char *retailer_id;    /* NULL: any */
    char *catalog;        /* NULL: any */
    uint64_t call_number; /* 0: any. With a retailer_id: of its calls; without: of all calls */
    int64_t times;        /* left */
    uint64_t hits;
    struct fault fault;
};

struct script {
    struct rule *rules;
    int count;
};

/* Adds the rules of a plan (an array, or an object with "rules"), all or none. False: why says which is
 * wrong. */
bool script_add(struct script *s, const cJSON *plan, char *why, size_t why_size);

/* The fault of the first rule that matches the call; it counts as used. NULL: none. */
const struct fault *script_match(struct script *s, const struct call *call);

/* The same for an entry of a bulk call that is about to be carried out: rules of the fault kind "entry" by
 * retailer_id, catalog and call_number (the entry's). */
const struct fault *script_match_entry(struct script *s, const struct batch *batch,
                                       const struct batch_entry *entry);
void script_json(const struct script *s, struct text *out);
void script_clear(struct script *s);

/* Deep copy and end of a fault's texts. */
void fault_copy(struct fault *to, const struct fault *from);
void fault_free(struct fault *f);

#endif
