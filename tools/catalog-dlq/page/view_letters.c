/* The list: newest first, read from the tails of the topic, a page of it at a time. */
#include "page.h"

#include "reading.h"
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const others[] = {"from", NULL};

struct listing {
    struct request *r;
    const struct filter *filter;
    int64_t from, seen; /* letters to pass over, and met so far */
    bool more;
};

static void *look(void *arg, const struct letter *letter)
{
    struct listing *l = arg;

    return filter_matches(l->filter, letter) ? rows_of(letter, l->r->serve->changes) : NULL;
}

static bool tell(void *arg, void *seen)
{
    struct listing *l = arg;
    int64_t number = l->seen++ - l->from;

    if (number >= 0 && number < PAGE_LETTERS)
        sbuf_puts(&l->r->out, seen);
    free(seen);
    l->more = number >= PAGE_LETTERS;
    return !l->more;
}

static void put_step(struct request *r, const char *words, const char *rel, int64_t from)
{
    sbuf_printf(&r->out, "<a class=\"button\" rel=\"%s\" href=\"", rel);
    if (from > 0) {
        char number[24];

        snprintf(number, sizeof number, "%lld", (long long)from);
        query_link(&r->out, "/letters", &r->query, "from", number);
    } else {
        query_link(&r->out, "/letters", &r->query, NULL, NULL);
    }
    sbuf_printf(&r->out, "\">%s</a>\n", words);
}

static void put_steps(struct listing *l)
{
    if (l->from == 0 && !l->more)
        return;
    sbuf_puts(&l->r->out, "<nav class=\"buttons\" aria-label=\"More dead letters\">\n");
    if (l->from > 0)
        put_step(l->r, "Newer", "prev", l->from > PAGE_LETTERS ? l->from - PAGE_LETTERS : 0);
    if (l->more && l->from + PAGE_LETTERS < PAGE_LETTERS_DEEP)
        put_step(l->r, "Older", "next", l->from + PAGE_LETTERS);
    sbuf_puts(&l->r->out, "</nav>\n");
    if (l->more && l->from + PAGE_LETTERS >= PAGE_LETTERS_DEEP)
        sbuf_puts(&l->r->out, "<p>There are older ones: filters lead there.</p>\n");
}

static void put_end(struct listing *l)
{
    struct request *r = l->r;

    rows_end(&r->out);
    if (r->serve->changes)
        sbuf_puts(&r->out,
                  "<p class=\"buttons\">Chosen ones: <button formaction=\"/replay\">Replay…</button> "
                  "<button formaction=\"/drop\">Drop…</button></p></form>\n");
    if (l->seen <= l->from)
        sbuf_puts(&r->out, "<p class=\"calm\">No dead letter here.</p>\n");
    put_steps(l);
    if (r->serve->changes && l->seen > 0) {
        sbuf_puts(&r->out, "<p class=\"buttons\">All that match: ");
        frame_actions(r, &r->query, NULL, NULL);
        sbuf_puts(&r->out, "</p>\n");
    }
    frame_end(r);
}

void view_letters(struct request *r)
{
    struct filter filter;
    struct listing l = {.r = r, .filter = &filter};
    char error[KAFKA_ERROR_SIZE];
    struct backwards reading = {
        .topic = r->serve->app->config.topic_dlq, .only = -1, .look = look, .tell = tell, .arg = &l};
    bool ok;

    if (!page_filter(r, others, &filter))
        return;
    l.from = query_number(&r->query, "from", 0, PAGE_LETTERS_DEEP, 0);
    reading.reader = kit_kafka_reader(&r->serve->app->config, "catalog-dlq", READING_PREFETCH_BYTES, error);
    frame_begin(r, "Dead letters, newest first", TAB_LETTERS);
    frame_asked(r, &filter, "/letters");
    frame_filters(r, "/letters");
    if (r->serve->changes)
        sbuf_puts(&r->out, "<form><input type=\"hidden\" name=\"chosen\" value=\"1\">\n");
    rows_begin(&r->out, "Open dead letters", r->serve->changes);
    ok = reading.reader && read_backwards(&reading, error);
    kit_kafka_reader_close(reading.reader);
    if (ok)
        put_end(&l);
    else
        frame_failed(r, 502, "The dead letters cannot be read", error);
}
