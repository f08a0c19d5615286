#include "lookup.h"

#include "errors.h"
#include "filter.h"
#include "render.h"
#include "sim.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct query {
    struct field_list fields;
    const cJSON *filter;
    cJSON *filter_owned;
    uint64_t limit;
    bool has_after, has_before, summary, approved_only;
    size_t after, before;
    uint64_t now_us;
};

/* What was found: one page of items, and how many there are in all. */
struct page {
    struct item **items;
    size_t count, total;
    bool more;
};

static bool is_true(const char *s)
{
    return s && (strcmp(s, "true") == 0 || strcmp(s, "1") == 0);
}

/* Cursors are base64 of an item's place in the catalog. */
static void cursor_text(size_t index, char out[48])
{
    char plain[24];
    int n = snprintf(plain, sizeof plain, "i%zu", index);
    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)plain, n);
}

static bool read_cursor(const char *s, size_t *index)
{
    unsigned char plain[64];
    size_t len = strlen(s);
    if (len == 0 || len > 40 || len % 4)
        return false;
    int n = EVP_DecodeBlock(plain, (const unsigned char *)s, (int)len);
    if (n <= 1 || plain[0] != 'i')
        return false;
    plain[n] = '\0';
    *index = strtoull((const char *)plain + 1, NULL, 10);
    return true;
}

static bool bad(struct call *call, const char *message)
{
    answer_100(call, message);
    return false;
}

static bool read_limit(struct call *call, struct query *q)
{
    const char *s = params_text(&call->params, "limit");
    q->limit = (uint64_t)call->sim->knobs.lookup_limit_default;
    if (!s)
        return true;
    if (s[0] == '\0' || strlen(s) > 9 || s[strspn(s, "0123456789")] != '\0')
        return bad(call, "(#100) Param limit must be an integer greater than or equal to 0");
    q->limit = strtoull(s, NULL, 10);
    int64_t most = call->sim->knobs.lookup_limit_max;
    if (most && q->limit > (uint64_t)most) {
        answer_reduce_data(call);
        return false;
    }
    return true;
}

static bool read_filter(struct call *call, struct query *q)
{
    if (!params_find(&call->params, "filter"))
        return true;
    q->filter = params_json(&call->params, "filter", &q->filter_owned);
    const char *why = q->filter ? filter_check(q->filter) : "(#100) Invalid filter: it is not JSON";
    if (!why)
        return true;
    if (call->sim->knobs.bad_filter_code == 2500)
        answer_error(
            call, &(struct api_error){400, 2500, 0, -1, NULL, "Error parsing graph query", NULL, NULL, NULL});
    else
        answer_100(call, why);
    return false;
}

static bool read_query(struct call *call, struct query *q)
{
    const char *after = params_text(&call->params, "after"), *before = params_text(&call->params, "before");
    const char *summary = params_text(&call->params, "summary");
    const char *why = field_list_parse(&q->fields, params_text(&call->params, "fields"));
    if (why)
        return bad(call, why);
    if (!read_limit(call, q) || !read_filter(call, q))
        return false;
    q->has_after = after && after[0];
    q->has_before = before && before[0];
    if ((q->has_after && !read_cursor(after, &q->after)) ||
        (q->has_before && !read_cursor(before, &q->before)))
        return bad(call, "(#100) Invalid cursors values");
    q->summary = is_true(summary) || (summary && strstr(summary, "total_count"));
    q->approved_only = is_true(params_text(&call->params, "return_only_approved_products"));
    return true;
}

/* Items come and go here later than by id (lookup.lag.ms). */
static bool is_visible(const struct sim *sim, const struct item *item, const struct query *q)
{
    uint64_t lag = (uint64_t)sim->knobs.lookup_lag_ms * 1000;
    if (sim->knobs.lookup_lag_kind == LAG_RANDOM)
        lag = (uint64_t)((double)lag * (double)(item->chance >> 11) / 9007199254740992.0);
    if (item->created_us + lag > q->now_us && lag)
        return false;
    if (item->deleted_us && (lag == 0 || item->deleted_us + lag <= q->now_us))
        return false;
    return !q->approved_only || strcmp(item_review_status(sim, item), "approved") == 0;
}

/* Keeps one page of what matches. With `before`, the last ones ahead of it: a ring of the page's size. */
static void find(struct call *call, struct query *q, struct page *page)
{
    struct item **candidates = NULL;
    size_t count = 0;
    bool few = filter_candidates(q->filter, &call->sim->store, call->catalog, &candidates, &count);
    struct item **from = few ? candidates : call->catalog->items;
    if (!few)
        count = call->catalog->count;
    size_t room = q->limit < count ? (size_t)q->limit : count, in_range = 0;
    page->items = zalloc(room + 1, sizeof(struct item *));
    for (size_t i = 0; i < count; i++) {
        if (!is_visible(call->sim, from[i], q) || (q->filter && !filter_match(q->filter, from[i])))
            continue;
        page->total++;
        if ((q->has_after && from[i]->index <= q->after) || (q->has_before && from[i]->index >= q->before))
            continue;
        if (in_range < room || (q->has_before && room))
            page->items[in_range % room] = from[i];
        in_range++;
        if (!q->has_before && in_range > room && !q->summary)
            break;
    }
    page->more = in_range > room;
    page->count = in_range < room ? in_range : room;
    for (size_t turn = q->has_before && page->more && room ? in_range % room : 0; turn > 0; turn--) {
        struct item *first = page->items[0];
        memmove(page->items, page->items + 1, (room - 1) * sizeof(struct item *));
        page->items[room - 1] = first;
    }
    free(candidates);
}

static void add_encoded(struct text *out, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-_.~", c);
        if (plain)
            text_char(out, (char)c);
        else
            text_fmt(out, "%%%02X", c);
    }
}

/* The page after or before this one. The token is in it if it came by query, as with the real API. */
static void add_link(struct call *call, struct text *out, const char *name, const char *cursor)
{
    struct text url = {0};
    text_fmt(&url, "http://%s/v%d.0/%s/products?", call->host, call->version, call->catalog->id);
    for (int i = 0; i < call->params.count; i++) {
        const struct param *p = &call->params.at[i];
        if (!p->in_query || strcmp(p->name, "after") == 0 || strcmp(p->name, "before") == 0 ||
            strcmp(p->name, "appsecret_proof") == 0)
            continue;
        add_encoded(&url, p->name);
        text_char(&url, '=');
        add_encoded(&url, p->text);
        text_char(&url, '&');
    }
    text_fmt(&url, "%s=", strcmp(name, "next") == 0 ? "after" : "before");
    add_encoded(&url, cursor);
    text_key(out, name);
    text_json(out, url.at);
    text_free(&url);
}

static void add_paging(struct call *call, const struct query *q, const struct page *page, struct text *out)
{
    char first[48], last[48];
    cursor_text(page->items[0]->index, first);
    cursor_text(page->items[page->count - 1]->index, last);
    text_fmt(out, ",\"paging\":{\"cursors\":{\"before\":\"%s\",\"after\":\"%s\"}", first, last);
    if (q->has_before ? true : page->more)
        add_link(call, out, "next", last);
    if (q->has_before ? page->more : q->has_after)
        add_link(call, out, "previous", first);
    text_char(out, '}');
}

void operate_lookup(struct call *call)
{
    struct query q = {.now_us = sim_now_us()};
    struct page page = {0};
    if (read_query(call, &q)) {
        struct text *out = &call->answer.body;
        find(call, &q, &page);
        answer_raw(call, 200, NULL, "{\"data\":[");
        for (size_t i = 0; i < page.count; i++) {
            if (i)
                text_char(out, ',');
            render_item(out, call->sim, page.items[i], &q.fields);
        }
        text_char(out, ']');
        if (page.count)
            add_paging(call, &q, &page, out);
        if (q.summary)
            text_fmt(out, ",\"summary\":{\"total_count\":%zu}", page.total);
        text_char(out, '}');
        int64_t most = call->sim->knobs.lookup_response_max_bytes;
        if (most && out->len > (size_t)most)
            answer_reduce_data(call);
    }
    free(page.items);
    cJSON_Delete(q.filter_owned);
}
