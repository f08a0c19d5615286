/* One request and its answer on a connection of libmicrohttpd. */
#ifndef CATALOG_SIM_EXCHANGE_H
#define CATALOG_SIM_EXCHANGE_H

#include "sim.h"

#include <microhttpd.h>

enum exchange_state {
    EXCHANGE_NEW,
    EXCHANGE_READING,
    EXCHANGE_WAITING,
    EXCHANGE_READY,
    EXCHANGE_ANSWERED,
    EXCHANGE_ABORT
};

struct exchange {
    struct sim *sim;
    struct exchange **list; /* head of the list of all */
    struct exchange *next, *prev;
    struct MHD_Connection *connection;
    char *url;
    struct text body;
    uint64_t body_seen_bytes;
    enum exchange_state state;
    bool suspended;
    struct call *call;
    struct text out; /* of an answer that goes out in pieces */
    size_t sent_bytes;
    uint64_t next_piece_us;
    struct timer timer;
};

struct exchange *exchange_open(struct sim *sim, struct exchange **list, const char *url);

/* libmicrohttpd's access handler, once the exchange is known. */
enum MHD_Result exchange_handle(struct exchange *ex, struct MHD_Connection *connection, const char *method,
                                const char *upload, size_t *upload_size);

/* The request is over, whatever became of it. */
void exchange_close(struct exchange *ex);

/* Wakes a waiting exchange up so that its connection closes. */
void exchange_abort(struct exchange *ex);

#endif
