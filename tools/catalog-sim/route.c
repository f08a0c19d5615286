/* From method and path to operation (catalog-api.md sections 0 to 3). */
#include "errors.h"
#include "sim.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void refuse(struct call *call, int status, int code, const char *message)
{
    answer_error(call, &(struct api_error){status, code, 0, -1, NULL, message, NULL, NULL, NULL});
    call->op = OP_ANSWERED;
}

/* Strips "/vNN.N" and sets the version that serves the call. NULL: the version does not exist, the answer is
 * set. */
static char *strip_version(struct call *call, char *path)
{
    const struct knobs *k = &call->sim->knobs;
    char *at = path + strspn(path, "/");
    call->version = (int)k->version_oldest_live;
    size_t digits = at[0] == 'v' ? strspn(at + 1, "0123456789") : 0;
    if (digits == 0 || digits > 3)
        return at;
    char *after = at + 1 + digits;
    if (*after == '.')
        after += 1 + strspn(after + 1, "0123456789");
    if (*after != '/' && *after != '\0')
        return at;
    int asked = (int)strtol(at + 1, NULL, 10);
    if (asked > k->version_newest) {
        char message[200];
        snprintf(message, sizeof message, "Unknown path components: %.100s", at);
        refuse(call, 400, 2500, message);
        return NULL;
    }
    if (asked > call->version)
        call->version = asked;
    return after + strspn(after, "/");
}

/* Decodes base64 in both alphabets, padded or not. NULL: it is not base64 of a text. The caller frees. */
static char *decode_base64(const char *s)
{
    size_t len = strcspn(s, "=");
    if (len == 0 || len > 1024 || len % 4 == 1 || s[len + strspn(s + len, "=")] != '\0')
        return NULL;
    char padded[1032];
    for (size_t i = 0; i < len; i++)
        padded[i] = s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i];
    while (len % 4)
        padded[len++] = '=';
    unsigned char out[1032];
    int n = EVP_DecodeBlock(out, (const unsigned char *)padded, (int)len);
    if (n < 0)
        return NULL;
    n -= (padded[len - 1] == '=') + (padded[len - 2] == '=');
    if (memchr(out, 0, (size_t)n))
        return NULL;
    return copy_mem((const char *)out, (size_t)n);
}

static struct subject *know_subject(struct call *call, struct catalog *c, const char *retailer_id)
{
    struct store *s = &call->sim->store;
    if (s->subjects.count < (size_t)call->sim->knobs.items_max * 2)
        return store_subject(s, c, retailer_id);
    return store_find_subject(s, c, retailer_id);
}

/* Kind and operation of a call to one item. */
static void set_item_op(struct call *call)
{
    switch (call->method) {
    case METHOD_GET:
        call->kind = KIND_READ;
        call->op = OP_ITEM_READ;
        break;
    case METHOD_POST:
        call->kind = KIND_UPDATE;
        call->op = OP_ITEM_UPDATE;
        break;
    case METHOD_DELETE:
        call->kind = KIND_DELETE;
        call->op = OP_ITEM_DELETE;
        break;
    default: refuse(call, 400, 100, "(#100) Unsupported method"); break;
    }
}

/* catalog:ID:BASE64(retailer id), section 2. */
static void route_by_retailer(struct call *call, char *node)
{
    char *id = node + strlen("catalog:");
    char *encoded = strchr(id, ':');
    if (!encoded) {
        answer_not_found(call, false);
        return;
    }
    *encoded++ = '\0';
    struct catalog *c = store_catalog(&call->sim->store, id);
    char *retailer_id = decode_base64(encoded);
    set_item_op(call);
    call->by_retailer = true;
    if (!c || !retailer_id || !retailer_id[0] ||
        (call->op == OP_ITEM_DELETE && !call->sim->knobs.catalog_address_delete)) {
        answer_not_found(call, false);
        call->op = OP_ANSWERED;
    }
    call->catalog = c;
    if (c && retailer_id)
        call->subject = know_subject(call, c, retailer_id);
    free(retailer_id);
}

static void route_create(struct call *call)
{
    const char *retailer_id = params_text(&call->params, "retailer_id");
    call->kind = KIND_CREATE;
    call->op = OP_CREATE;
    if (retailer_id && retailer_id[0] && strlen(retailer_id) < 1024)
        call->subject = know_subject(call, call->catalog, retailer_id);
}

static bool is_later_edge(const char *edge)
{
    static const char *const edges[] = {"batch", "localized_items_batch"};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        if (strcmp(edges[i], edge) == 0)
            return true;
    }
    return false;
}

static bool is_edge(const char *edge)
{
    return strcmp(edge, "products") == 0 || strcmp(edge, "items_batch") == 0 ||
           strcmp(edge, "check_batch_request_status") == 0;
}

static void refuse_edge(struct call *call, const char *edge, const char *node_type)
{
    char message[200];
    if (is_later_edge(edge))
        snprintf(message, sizeof message,
                 "(#100) The edge %s is not simulated by this version of catalog-sim", edge);
    else
        snprintf(message, sizeof message,
                 "(#100) Tried accessing nonexisting field (%.100s) on node type (%s)", edge, node_type);
    refuse(call, 400, 100, message);
}

static void route_catalog(struct call *call, const char *edge)
{
    if (edge[0] == '\0' && call->method == METHOD_GET) {
        call->kind = KIND_READ;
        call->op = OP_CATALOG_READ;
    } else if (strcmp(edge, "products") == 0 && call->method == METHOD_GET) {
        call->kind = KIND_LOOKUP;
        call->op = OP_LOOKUP;
    } else if (strcmp(edge, "products") == 0 && call->method == METHOD_POST) {
        route_create(call);
    } else if (strcmp(edge, "items_batch") == 0 && call->method == METHOD_POST) {
        call->kind = KIND_BATCH;
        call->op = OP_BATCH;
    } else if (strcmp(edge, "check_batch_request_status") == 0 && call->method == METHOD_GET) {
        call->kind = KIND_STATUS;
        call->op = OP_BATCH_STATUS;
    } else if (edge[0] == '\0' || is_edge(edge)) {
        answer_not_found(call, false);
    } else {
        refuse_edge(call, edge, "ProductCatalog");
    }
}

static void route_item(struct call *call, const char *id, const char *edge)
{
    struct item *item = store_item(&call->sim->store, id);
    if (item) {
        call->item = item;
        call->subject = item->subject;
        call->catalog = item->subject->catalog;
    }
    if (edge[0] == '\0')
        set_item_op(call);
    else if (item)
        refuse_edge(call, edge, "ProductItem");
    else
        answer_not_found(call, false);
}

static void route_node(struct call *call, char *node, const char *edge)
{
    copy_short(call->target, sizeof call->target, node);
    if (strncmp(node, "catalog:", 8) == 0) {
        route_by_retailer(call, node);
    } else if (node[0] == '\0') {
        refuse(call, 400, 100,
               params_find(&call->params, "batch")
                   ? "(#100) Graph batch requests are not simulated by this version of catalog-sim"
                   : "(#100) Unsupported request: the path names no object");
    } else if (strcmp(node, "me") == 0 && edge[0] == '\0' && call->method == METHOD_GET) {
        call->kind = KIND_READ;
        call->op = OP_ME;
    } else if (node[strspn(node, "0123456789")] != '\0') {
        char message[200];
        snprintf(message, sizeof message, "(#803) Some of the aliases you requested do not exist: %.120s",
                 node);
        refuse(call, 404, 803, message);
    } else {
        call->catalog = store_catalog(&call->sim->store, node);
        if (call->catalog)
            route_catalog(call, edge);
        else
            route_item(call, node, edge);
    }
}

void call_route(struct call *call, const struct request *request)
{
    char *path = copy_mem(request->url, strcspn(request->url, "?"));
    call->op = OP_ANSWERED;
    char *rest = strip_version(call, path);
    if (rest) {
        size_t len = strlen(rest);
        while (len > 0 && rest[len - 1] == '/')
            rest[--len] = '\0';
        bool by_retailer = strncmp(rest, "catalog:", 8) == 0 || strncasecmp(rest, "catalog%3A", 10) == 0;
        char *edge = by_retailer ? NULL : strchr(rest, '/');
        if (edge)
            *edge++ = '\0';
        if (percent_decode(rest, strlen(rest), false) == SIZE_MAX ||
            (edge && percent_decode(edge, strlen(edge), false) == SIZE_MAX))
            refuse(call, 400, 100, "(#100) Invalid request: NUL characters are not allowed");
        else
            route_node(call, rest, edge ? edge : "");
    }
    free(path);
}
