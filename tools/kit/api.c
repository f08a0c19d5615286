#include "tools/kit/api.h"

#include "common/apibody.h"
#include "common/sbuf.h"
#include "tools/kit/cli.h"
#include "worker/adapters/http_credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PATH_MAX_BYTES = 64 * 1024, USAGE_BYTES = 8192 };

struct kit_api {
    const struct config *config;
    const struct config_catalog *catalog;
    CURL *easy;
    struct http_credentials *credentials;
    struct sbuf url, body;
    struct kit_api_seen seen;
    char retry_after[64], usage_business[USAGE_BYTES], usage_app[256]; /* headers of the last answer */
};

struct kit_api *kit_api_open(const struct config *config, const struct config_catalog *catalog,
                             char error[KIT_API_ERROR_SIZE])
{
    struct kit_api *api = calloc(1, sizeof *api);

    if (!api)
        return NULL;
    api->config = config;
    api->catalog = catalog;
    sbuf_init(&api->url, PATH_MAX_BYTES);
    sbuf_init(&api->body, API_BODY_MAX_BYTES);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    api->credentials = http_credentials_make(catalog->token.value, catalog->app_secret.value);
    api->easy = curl_easy_init();
    if (api->credentials && api->easy)
        return api;
    snprintf(error, KIT_API_ERROR_SIZE,
             "catalog %s: its token is not set, or could not stand in a header: set catalogs.%s.token.file",
             catalog->name, catalog->name);
    kit_api_close(api);
    return NULL;
}

void kit_api_close(struct kit_api *api)
{
    if (!api)
        return;
    if (api->easy)
        curl_easy_cleanup(api->easy);
    http_credentials_release(api->credentials);
    sbuf_free(&api->url);
    sbuf_free(&api->body);
    free(api);
    curl_global_cleanup();
}

static size_t on_body(char *bytes, size_t unit, size_t count, void *arg)
{
    struct sbuf *body = arg;

    sbuf_put(body, bytes, unit * count);
    return sbuf_ok(body) ? unit * count : 0;
}

/* Copies a header's value if this line is that header; name with its colon, in lower case. */
static void take_header(const char *line, size_t len, const char *name, char *out, size_t size)
{
    size_t own = strlen(name);

    if (len < own || strncasecmp(line, name, own) != 0)
        return;
    line += own;
    len -= own;
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
        len--;
    snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), line);
}

static size_t on_header(char *line, size_t unit, size_t count, void *arg)
{
    struct kit_api *api = arg;
    size_t len = unit * count;
    char date[64] = "";

    take_header(line, len, "facebook-api-version:", api->seen.version, sizeof api->seen.version);
    take_header(line, len, "retry-after:", api->retry_after, sizeof api->retry_after);
    take_header(line, len, "x-business-use-case-usage:", api->usage_business, sizeof api->usage_business);
    take_header(line, len, "x-app-usage:", api->usage_app, sizeof api->usage_app);
    take_header(line, len, "date:", date, sizeof date);
    if (date[0] && curl_getdate(date, NULL) > 0)
        api->seen.date_ms = (int64_t)curl_getdate(date, NULL) * 1000;
    return len;
}

const struct kit_api_seen *kit_api_seen(const struct kit_api *api)
{
    return &api->seen;
}

static void forget_headers(struct kit_api *api)
{
    api->seen = (struct kit_api_seen){0};
    api->retry_after[0] = api->usage_business[0] = api->usage_app[0] = '\0';
}

static void prepare(struct kit_api *api, const char *path)
{
    const struct config *config = api->config;
    size_t base = strlen(api->catalog->base_url);

    while (base > 0 && api->catalog->base_url[base - 1] == '/')
        base--;
    sbuf_reset(&api->url);
    sbuf_put(&api->url, api->catalog->base_url, base);
    sbuf_puts(&api->url, path);
    if (api->credentials->proof[0]) {
        sbuf_puts(&api->url, strchr(path, '?') ? "&appsecret_proof=" : "?appsecret_proof=");
        sbuf_puts(&api->url, api->credentials->proof);
    }
    sbuf_reset(&api->body);
    curl_easy_reset(api->easy);
    curl_easy_setopt(api->easy, CURLOPT_URL, sbuf_str(&api->url));
    curl_easy_setopt(api->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(api->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(api->easy, CURLOPT_HTTPHEADER, &api->credentials->nodes[1]);
    curl_easy_setopt(api->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)config->call_connect_timeout_ms);
    curl_easy_setopt(api->easy, CURLOPT_TIMEOUT_MS, (long)config->call_timeout_ms);
    curl_easy_setopt(api->easy, CURLOPT_SSL_VERIFYPEER, config->tls_verify ? 1L : 0L);
    curl_easy_setopt(api->easy, CURLOPT_SSL_VERIFYHOST, config->tls_verify ? 2L : 0L);
    curl_easy_setopt(api->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (config->tls_ca_file[0])
        curl_easy_setopt(api->easy, CURLOPT_CAINFO, config->tls_ca_file);
    curl_easy_setopt(api->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(api->easy, CURLOPT_HEADERDATA, api);
    curl_easy_setopt(api->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(api->easy, CURLOPT_WRITEDATA, &api->body);
}

/* The same meaning as the worker's own (worker/adapters/http_pool.c) for a call that only reads. */
static enum api_transport transport_of(CURLcode result)
{
    switch (result) {
    case CURLE_OK: return API_NET_OK;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT: return API_NET_CONNECT_FAILED;
    case CURLE_OPERATION_TIMEDOUT: return API_NET_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return API_NET_TLS;
    default: return API_NET_RESET;
    }
}

void kit_api_get(struct kit_api *api, enum api_op op, const char *path, struct api_verdict *verdict,
                 const char **body, size_t *size)
{
    struct api_answer answer = {.op = op, .now_ms = kit_wall_ms()};
    CURLcode result;
    long status = 0;

    prepare(api, path);
    forget_headers(api);
    api->seen.asked_ms = kit_wall_ms();
    result = curl_easy_perform(api->easy);
    api->seen.answered_ms = kit_wall_ms();
    api->seen.too_large = !sbuf_ok(&api->body);
    answer.transport = transport_of(result);
    answer.transport_text = result == CURLE_OK ? NULL : curl_easy_strerror(result);
    if (result == CURLE_OK)
        curl_easy_getinfo(api->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.http_status = (int)status;
    answer.retry_after = api->retry_after[0] ? api->retry_after : NULL;
    answer.usage_business = api->usage_business[0] ? api->usage_business : NULL;
    answer.usage_app = api->usage_app[0] ? api->usage_app : NULL;
    answer.body = sbuf_str(&api->body);
    answer.body_bytes = api->body.len;
    classify(&answer, verdict);
    *body = sbuf_str(&api->body);
    *size = api->body.len;
}

void kit_api_lookup_fields(struct kit_api *api, const struct text *skus, size_t count, const char *fields,
                           struct api_verdict *verdict, const char **body, size_t *size)
{
    struct sbuf path;

    sbuf_init(&path, PATH_MAX_BYTES);
    apipath_lookup_fields(&path, api->catalog->api_version, api->catalog->id, fields, skus, count);
    kit_api_get(api, API_OP_LOOKUP, sbuf_str(&path), verdict, body, size);
    sbuf_free(&path);
}

bool kit_api_lookup(struct kit_api *api, const struct text *skus, size_t count, classify_item_fn on_item,
                    void *arg, struct api_verdict *verdict)
{
    const char *body;
    size_t size;
    bool has_next;

    kit_api_lookup_fields(api, skus, count, "", verdict, &body, &size);
    return verdict->class == API_OK && classify_lookup(body, size, on_item, arg, &has_next) >= 0;
}

void kit_api_read_catalog(struct kit_api *api, struct api_verdict *verdict, const char **body, size_t *size)
{
    struct sbuf path;

    sbuf_init(&path, PATH_MAX_BYTES);
    apipath_item(&path, api->catalog->api_version, api->catalog->id, strlen(api->catalog->id));
    sbuf_puts(&path, "?fields=id,name");
    kit_api_get(api, API_OP_READ, sbuf_str(&path), verdict, body, size);
    sbuf_free(&path);
}
