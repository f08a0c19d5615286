/* Items of a catalog looked up by retailer id, up to 100 a call, at the catalog's rate and with its refusals
 * waited out: for tools that compare what a shop believes with what the catalog holds. Reads only. */
#ifndef KIT_LOOKUP_H
#define KIT_LOOKUP_H

#include "tools/kit/api.h"
#include "tools/kit/cli.h"
#include "tools/kit/progress.h"

#include <cjson/cJSON.h>

enum { KIT_LOOKUP_FIELDS_SIZE = 2048 };

/* One retailer id that is asked for, and what came of it. */
struct kit_wanted {
    const char *sku;       /* the caller's; two may be equal */
    uint32_t items;        /* that the catalog has for it; 2: or more */
    char id[API_ID_BYTES]; /* of the last of them; "": none */
    cJSON *item;           /* the first of them, where further fields were asked for; the caller deletes */
    bool answered;
};

/* One catalog being asked. Zero it and set the first four. */
struct kit_lookup {
    const struct kit_cli *cli;
    const struct config *config;
    const struct config_catalog *catalog;
    struct kit_progress *progress;        /* its line makes room for messages */
    char fields[KIT_LOOKUP_FIELDS_SIZE];  /* further fields, commas between them; may change between calls */
    char refused[KIT_LOOKUP_FIELDS_SIZE]; /* those that the catalog does not know, taken out of fields */
    uint64_t calls;                       /* made so far */
    struct kit_api *api;
    int64_t due_ms; /* no call before */
    size_t size;    /* retailer ids at once; halved when the catalog asks for less, or answers too much */
    size_t seen;    /* items in the last answer */
};

/* False with a message in error; there is nothing to close then. */
bool kit_lookup_open(struct kit_lookup *lookup, char error[KIT_API_ERROR_SIZE]);
void kit_lookup_close(struct kit_lookup *lookup);

/* Asks for all of the list (at most KIT_LOOKUP_MAX), in as many calls as it takes. False: kit_stop was
 * raised, or said on stderr; those `answered` are complete all the same. */
bool kit_lookup_ask(struct kit_lookup *lookup, struct kit_wanted *list, size_t count);

/* For other reads of the same catalog: waits for the turn of the next call (catalog.rate.per.hour, which
 * workers share) and counts it. False: kit_stop was raised. */
bool kit_lookup_turn(struct kit_lookup *lookup);

/* What a refused call leads to; *tries begins with 0. True: ask again, the wait is over; false: give up, said
 * on stderr, or kit_stop was raised. */
bool kit_lookup_again(struct kit_lookup *lookup, const struct api_verdict *verdict, int *tries);

/* True if name is in a list with commas between its names. */
bool kit_lookup_listed(const char *list, const char *name);

#endif
