/* From what was asked to an answer: the checks that every request passes, then the view. Knows no socket. */
#ifndef DLQ_PAGE_ROUTE_H
#define DLQ_PAGE_ROUTE_H

#include "page.h"

enum { ROUTE_COOKIE_SIZE = 256 };

struct asked {
    const char *method, *path;                                      /* decoded, without the query */
    const char *query;                                              /* raw */
    const char *host, *origin, *fetch_site, *content_type, *cookie; /* NULL: none */
    const char *form;
    size_t form_len;
    bool form_whole; /* it was not too large */
};

struct answer {
    unsigned status;
    const char *type;
    char *text;        /* from malloc, handed over; NULL: `fixed` */
    const char *fixed; /* static */
    size_t len;
    bool cached;
    char location[PAGE_LOCATION_SIZE], cookie[ROUTE_COOKIE_SIZE]; /* "": none */
};

void route(struct serve *serve, const struct asked *asked, struct answer *answer);

#endif
