/* catalog-dlq serve: one request, and what its views share. A view writes HTML into the request's text; the
 * frame around it, headers and checks are serve.c's and frame.c's. */
#ifndef DLQ_PAGE_PAGE_H
#define DLQ_PAGE_PAGE_H

#include "app.h"
#include "guard.h"
#include "html.h"
#include "query.h"

#include <pthread.h>

enum {
    PAGE_BYTES_MAX = 32 << 20, /* of one answer; more than that is refused */
    PAGE_LETTERS = 100,        /* lines of one page of the list */
    PAGE_LETTERS_DEEP = 10000, /* how far back pages go: filters lead further */
    PAGE_LOCATION_SIZE = 1024
};

struct serve {
    struct app *app;
    struct guard guard;
    int port;
    bool changes;         /* --allow-changes */
    char cookie_name[32]; /* one browser may see several of us, on several ports */
    struct jobs *jobs;    /* job.h */
    /* Pages that read Kafka or Redis wait for each other, so that memory is bounded by what one needs. */
    pthread_mutex_t reading;
};

struct request {
    struct serve *serve;
    const char *path;
    struct query query; /* of the address, or of a form that was sent */
    bool is_post;
    char session[GUARD_SESSION_SIZE];
    bool fresh_session; /* the answer sets its cookie */
    int64_t now_ms;     /* since 1970 */
    /* the answer */
    struct sbuf out;
    unsigned status;
    const char *type;                  /* NULL: HTML */
    char location[PAGE_LOCATION_SIZE]; /* "": no redirect */
};

/* ---- the frame (frame.c) ---- */

enum page_tab { TAB_CAUSES, TAB_LETTERS, TAB_PRODUCT, TAB_NONE };

/* Everything before a view's own HTML; title is escaped here. */
void frame_begin(struct request *r, const char *title, enum page_tab tab);
void frame_end(struct request *r);

/* A page that says what is wrong and nothing else; what was written before is thrown away. */
void frame_failed(struct request *r, unsigned status, const char *title, const char *text);

/* The form of all filters, filled with this request's; it leads to path. */
void frame_filters(struct request *r, const char *path);

/* One line of what is asked for: "class=invalid since=...", with a link that takes the filters away. */
void frame_asked(struct request *r, const struct filter *filter, const char *path);

/* Links to replay and drop what a query's filters match, with name set to value (may be NULL); nothing where
 * no changes are allowed. */
void frame_actions(struct request *r, const struct query *query, const char *name, const char *value);

/* Reads the filters of r's query; a page that says what is wrong where it cannot. */
bool page_filter(struct request *r, const char *const *others, struct filter *filter);

/* ---- views: they answer r ---- */

void view_causes(struct request *r);
void view_letters(struct request *r);
void view_letter(struct request *r);
void view_product(struct request *r);
/* Of whoever may change things: what would come of it, and the form that starts it, sent. */
void view_replay(struct request *r);
void view_drop(struct request *r);
void view_start_replay(struct request *r);
void view_start_drop(struct request *r);
void view_job(struct request *r);
void view_progress(struct request *r); /* JSON, for the script */
void view_stop(struct request *r);
void view_sign_in(struct request *r);
void view_signed_in(struct request *r); /* the form of view_sign_in, sent */

#endif
