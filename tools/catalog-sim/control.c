#include "control.h"

#include "render.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a handler works on. */
struct control {
    struct sim *sim;
    enum call_method method;
    const cJSON *body; /* NULL: none */
    struct params query;
    struct text *out;
};

static int refuse(struct text *out, int status, const char *why)
{
    text_clear(out);
    text_str(out, "{\"error\":");
    text_json(out, why);
    text_char(out, '}');
    return status;
}

static int ok(struct control *c)
{
    text_str(c->out, "{\"ok\":true}");
    return 200;
}

static uint64_t query_number(const struct control *c, const char *name, uint64_t by_default)
{
    const char *s = params_text(&c->query, name);
    return s && s[0] && s[strspn(s, "0123456789")] == '\0' ? strtoull(s, NULL, 10) : by_default;
}

/* All or nothing: a copy is changed first. */
static int post_settings(struct control *c)
{
    struct knobs changed = c->sim->knobs;
    char why[256], number[64];
    if (!cJSON_IsObject(c->body))
        return refuse(c->out, 400, "expected a JSON object of settings");
    for (const cJSON *m = c->body->child; m; m = m->next) {
        const char *value = number;
        if (cJSON_IsString(m))
            value = m->valuestring;
        else if (cJSON_IsBool(m))
            value = cJSON_IsTrue(m) ? "true" : "false";
        else if (cJSON_IsNumber(m))
            snprintf(number, sizeof number, "%.17g", m->valuedouble);
        else
            value = "(not a string, number or boolean)";
        if (!knobs_set(&changed, m->string, value, true, why, sizeof why))
            return refuse(c->out, 400, why);
    }
    if (changed.proof != PROOF_OFF && c->sim->tokens.secret[0] == '\0')
        return refuse(c->out, 400,
                      "proof needs an app secret (start with --app-secret or --app-secret-file)");
    c->sim->knobs = changed;
    return ok(c);
}

static int handle_settings(struct control *c)
{
    if (c->method == METHOD_POST)
        return post_settings(c);
    knobs_json(&c->sim->knobs, c->out);
    return 200;
}

static void item_json(struct control *c, const struct item *item)
{
    struct text *out = c->out;
    text_fmt(out, "{\"id\":\"%s\",\"catalog\":\"%s\",\"retailer_id\":", item->id, item->subject->catalog->id);
    text_json(out, item->subject->retailer_id);
    text_fmt(out, ",\"visibility\":%s,\"created_ms\":%lld,\"updated_ms\":%lld,\"writes\":%u",
             item->fields[FIELD_VISIBILITY], (long long)sim_wall_ms(c->sim, item->created_us),
             (long long)sim_wall_ms(c->sim, item->updated_us), item->writes);
    text_fmt(out, ",\"image_fetch_status\":\"%s\",\"review_status\":\"%s\",\"fields\":{",
             item_image_status(c->sim, item), item_review_status(c->sim, item));
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (item->fields[i]) {
            text_key(out, field_defs[i].name);
            text_str(out, item->fields[i]);
        }
    }
    text_str(out, "}}");
}

static int handle_items(struct control *c)
{
    const char *catalog = params_text(&c->query, "catalog"),
               *retailer_id = params_text(&c->query, "retailer_id");
    uint64_t offset = query_number(c, "offset", 0), limit = query_number(c, "limit", UINT64_MAX), seen = 0,
             shown = 0;
    text_str(c->out, "{\"items\":[");
    for (int i = 0; i < c->sim->store.catalog_count; i++) {
        const struct catalog *cat = &c->sim->store.catalogs[i];
        if (catalog && strcmp(catalog, cat->id) != 0)
            continue;
        for (size_t j = 0; j < cat->count; j++) {
            const struct item *item = cat->items[j];
            if (item->deleted_us || (retailer_id && strcmp(retailer_id, item->subject->retailer_id) != 0))
                continue;
            if (seen++ < offset || shown >= limit)
                continue;
            if (shown++)
                text_char(c->out, ',');
            item_json(c, item);
        }
    }
    text_fmt(c->out, "],\"count\":%llu}", (unsigned long long)seen);
    return 200;
}

static int handle_journal(struct control *c)
{
    journal_json(c->sim, query_number(c, "since", 1), query_number(c, "limit", UINT64_MAX), c->out);
    return 200;
}

static int handle_counters(struct control *c)
{
    counters_json(c->sim, c->out);
    return 200;
}

static int handle_reset(struct control *c)
{
    sim_reset(c->sim);
    return ok(c);
}

static int handle_fault(struct control *c)
{
    char why[256];
    if (c->method == METHOD_POST) {
        const cJSON *clear =
            cJSON_IsObject(c->body) ? cJSON_GetObjectItemCaseSensitive(c->body, "clear") : NULL;
        if (cJSON_IsTrue(clear))
            script_clear(&c->sim->script);
        else if (!script_add(&c->sim->script, c->body, why, sizeof why))
            return refuse(c->out, 400, why);
    }
    script_json(&c->sim->script, c->out);
    return 200;
}

/* The token that an "expire" or "deny" object names, or NULL. */
static struct token *named_token(struct control *c, const cJSON *object)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "token"));
    return value ? tokens_find(&c->sim->tokens, value) : NULL;
}

static int set_valid(struct control *c, const cJSON *valid)
{
    struct tokens changed = {0};
    const cJSON *one;
    memcpy(changed.secret, c->sim->tokens.secret, sizeof changed.secret);
    cJSON_ArrayForEach(one, valid)
    {
        if (!cJSON_IsString(one) || !tokens_add(&changed, one->valuestring))
            return refuse(c->out, 400,
                          "valid must be an array of at most 64 tokens, each of 1 to 511 characters");
    }
    c->sim->tokens = changed;
    return 0;
}

static int handle_tokens(struct control *c)
{
    const cJSON *valid = cJSON_GetObjectItemCaseSensitive(c->body, "valid");
    const cJSON *expire = cJSON_GetObjectItemCaseSensitive(c->body, "expire");
    const cJSON *deny = cJSON_GetObjectItemCaseSensitive(c->body, "deny");
    if (!cJSON_IsObject(c->body) || (!valid && !expire && !deny))
        return refuse(c->out, 400, "expected an object with valid, expire or deny");
    int refused = valid ? set_valid(c, valid) : 0;
    if (refused)
        return refused;
    struct token *expired = expire ? named_token(c, expire) : NULL,
                 *denied = deny ? named_token(c, deny) : NULL;
    if ((expire && !expired) || (deny && !denied))
        return refuse(c->out, 400, "expire and deny must name a known token");
    if (expired) {
        const cJSON *subcode = cJSON_GetObjectItemCaseSensitive(expire, "subcode");
        expired->expired = true;
        expired->expired_subcode =
            cJSON_IsNumber(subcode) ? subcode->valueint : (int)c->sim->knobs.error_190_subcode;
    }
    if (denied) {
        const cJSON *code = cJSON_GetObjectItemCaseSensitive(deny, "code");
        denied->denied_code = cJSON_IsNumber(code) ? code->valueint : 200;
    }
    return ok(c);
}

static int handle_item_delete(struct control *c)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(c->body, "id"));
    const char *retailer_id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(c->body, "retailer_id"));
    const char *catalog = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(c->body, "catalog"));
    struct store *s = &c->sim->store;
    struct item *item = id ? store_item(s, id) : NULL;
    for (int i = 0; retailer_id && !item && i < s->catalog_count; i++) {
        struct subject *subject = store_find_subject(s, &s->catalogs[i], retailer_id);
        if (subject && (!catalog || strcmp(catalog, s->catalogs[i].id) == 0))
            item = subject->live;
    }
    if (!item || item->deleted_us)
        return refuse(c->out, 404, "no such item (name it by id, or by retailer_id and catalog)");
    store_delete(s, item, sim_now_us());
    return ok(c);
}

static int handle_health(struct control *c)
{
    return ok(c);
}

static int handle_list(struct control *c);

static const struct {
    const char *path;
    bool get, post;
    int (*handle)(struct control *c);
} controls[] = {
    {"/_sim", true, false, handle_list},
    {"/_sim/healthz", true, false, handle_health},
    {"/_sim/settings", true, true, handle_settings},
    {"/_sim/items", true, false, handle_items},
    {"/_sim/journal", true, false, handle_journal},
    {"/_sim/counters", true, false, handle_counters},
    {"/_sim/reset", false, true, handle_reset},
    {"/_sim/fault", true, true, handle_fault},
    {"/_sim/tokens", false, true, handle_tokens},
    {"/_sim/item/delete", false, true, handle_item_delete},
};

#define CONTROL_COUNT (sizeof controls / sizeof controls[0])

static int handle_list(struct control *c)
{
    text_str(c->out, "{\"endpoints\":[");
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        text_fmt(c->out, "%s\"%s%s %s\"", i ? "," : "", controls[i].get ? "GET" : "",
                 controls[i].post ? controls[i].get ? "|POST" : "POST" : "", controls[i].path);
    text_str(c->out, "]}");
    return 200;
}

static int run(struct control *c, size_t which, const struct request *request)
{
    const char *query = strchr(request->url, '?');
    if (query && params_add_query(&c->query, query + 1, strlen(query + 1)))
        return refuse(c->out, 400, "the query cannot be read");
    return controls[which].handle(c);
}

int control_handle(struct sim *sim, const struct request *request, struct text *out)
{
    size_t len = strcspn(request->url, "?");
    while (len > 1 && request->url[len - 1] == '/')
        len--;
    sim->counters.control++;
    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        if (strlen(controls[i].path) != len || strncmp(controls[i].path, request->url, len) != 0)
            continue;
        if (!((request->method == METHOD_GET && controls[i].get) ||
              (request->method == METHOD_POST && controls[i].post)))
            return refuse(out, 405, controls[i].post ? "use POST" : "use GET");
        cJSON *body =
            request->body_size_bytes ? cJSON_ParseWithLength(request->body, request->body_size_bytes) : NULL;
        int status = 400;
        if (request->body_size_bytes && !body) {
            refuse(out, 400, "the body is not JSON");
        } else {
            struct control c = {.sim = sim, .method = request->method, .body = body, .out = out};
            status = run(&c, i, request);
            params_free(&c.query);
        }
        cJSON_Delete(body);
        return status;
    }
    return refuse(out, 404, "unknown control endpoint; GET /_sim lists them");
}
