/* What a form asks to be replayed or dropped, and how. */
#ifndef DLQ_PAGE_ORDER_H
#define DLQ_PAGE_ORDER_H

#include "page.h"

#include "resolve.h"

enum { ORDER_EDITS_MAX = 32, ORDER_WHO_CHARS = 60 };

struct order {
    enum resolve_action action;
    struct filter filter; /* points into the query it was read from */
    char *edit_text;      /* owned: what `edits` point into */
    const char *edits[ORDER_EDITS_MAX];
    size_t edit_count;
    const char *why;            /* NULL: none */
    char actor[KIT_ACTOR_SIZE]; /* who, for the audit record */
    bool force, follow, private_audit, all;
    int64_t max; /* 0: no bound */
    double rate; /* letters a second; 0: no bound */
};

/* Reads the order from r's query. False: r says what is wrong. Free with order_free in any case. */
bool order_read(struct order *order, struct request *r, enum resolve_action action);
void order_free(struct order *order);

/* Sets up an engine for it; hooks are the caller's. */
void order_settings(const struct order *order, const struct app *app, int64_t now_ms, struct resolve *out);

/* A hook of the engine's: what `edits` make of an event. */
enum resolve_change order_change(const struct order *order, const struct letter *letter, struct sbuf *out,
                                 char why[RESOLVE_WHY_SIZE]);

#endif
