/* Bulk calls: POST /{catalog}/items_batch, and the status of one (catalog-api.md section 4). A batch is read
 * and checked when its call arrives, accepted when the call's write lands, and carried out some time later,
 * entry by entry and in random order. */
#ifndef CATALOG_SIM_BATCH_H
#define CATALOG_SIM_BATCH_H

#include "batch_fields.h"
#include "flight.h"
#include "rng.h"
#include "timers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BATCH_HANDLE_SIZE 48
#define BATCHES_MAX       4096    /* whose status is remembered */
#define BATCH_ENTRIES_MAX 1000000 /* of all of them: some 200 MB */

struct call;
struct catalog;
struct request;
struct sim;
struct subject;

enum batch_method { BATCH_CREATE, BATCH_UPDATE, BATCH_DELETE };
enum batch_state { BATCH_OPEN, BATCH_FINISHED, BATCH_CANCELED, BATCH_ERROR };

struct batch_entry {
    enum batch_method method;
    char *retailer_id;           /* NULL: none that can be read */
    struct subject *subject;     /* NULL: the simulator is full */
    struct batch_values *values; /* until the entry is done */
    uint64_t content_hash;
    struct flight flight;
    uint64_t seq;    /* in the journal; 0: not there */
    uint32_t number; /* of this retailer id's calls and entries, from 1 */
    bool duplicate;  /* its retailer id comes more than once */
    bool refused;    /* by the checks, or when it was carried out */
    bool left_out;   /* never carried out */
    bool done;
};

/* What is said of an entry. */
struct batch_note {
    size_t entry;
    char *message;
};

struct batch_notes {
    struct batch_note *at;
    size_t count, cap;
};

struct batch {
    struct sim *sim;
    struct catalog *catalog;
    struct call *call; /* that brought it; NULL: the call is over */
    char handle[BATCH_HANDLE_SIZE];
    struct batch_entry *entries;
    size_t count;
    size_t *order; /* the entries to carry out, in the order of that */
    size_t order_count, next;
    size_t stop_at; /* with an ending other than BATCH_FINISHED: so many are carried out */
    size_t refused_count;
    struct batch_notes errors, warnings;
    size_t checked_errors, checked_warnings; /* so many of them are of the checks */
    bool upsert;
    bool accepted, call_ended;
    enum batch_state state, ending;
    uint64_t accepted_us, duration_us;
    uint64_t call_seq, received_us;
    int version;
    struct rng rng;
    struct timer timer;
    struct batch *newer;
};

/* The accepted ones, oldest first. */
struct batches {
    struct batch *oldest, *newest;
    size_t count, open_count, entry_count;
};

/* Reads and checks the entries of a call's request. Sets call->batch, or an answer (operation OP_ANSWERED).
 */
void batch_read(struct call *call, const struct request *request);

/* All entries that are to be carried out take off, and get their places in the journal. */
void batch_take_off(struct call *call);

/* The call's write lands: sets the answer with the handle, and from now on the batch is carried out. */
void batch_accept(struct call *call);

/* The call was answered: entries that are done, or never will be, land. */
void batch_call_ends(struct call *call);

/* Parts the call from its batch; a batch that was not accepted ends. */
void batch_let_go(struct call *call);

/* The entry of that retailer id (the first, if several), or NULL. */
const struct batch_entry *batch_find(const struct batch *batch, const char *retailer_id);

/* Carries out what is due, now and later. */
void batch_run(struct batch *batch);

/* Answers GET /{catalog}/check_batch_request_status. */
void batch_answer_status(struct call *call);

/* Adds a note; printf-like. */
void batch_note(struct batch_notes *notes, size_t entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Forgets all of them; none has an effect any more. */
void batches_reset(struct batches *batches);

#endif
