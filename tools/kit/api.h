/* The catalog API for tools: one read at a time, waited for. Tools never write to the catalog: the worker is
 * its one writer. */
#ifndef KIT_API_H
#define KIT_API_H

#include "common/classify.h"
#include "common/config.h"
#include "common/event.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

enum { KIT_API_ERROR_SIZE = 512, KIT_LOOKUP_MAX = 100 };

struct kit_api;

/* A client for one catalog of the configuration: TLS verified unless tls.verify=false, the token in the
 * header only, the app secret's proof as a parameter, connect and total time-outs as the worker has them.
 * NULL with a message in error. config and catalog must outlive it. */
struct kit_api *kit_api_open(const struct config *config, const struct config_catalog *catalog,
                             char error[KIT_API_ERROR_SIZE]);
void kit_api_close(struct kit_api *api);

/* GET path (from common/apibody.h: begins with '/', may hold a query); op is API_OP_LOOKUP or API_OP_READ.
 * Always fills *verdict (common/classify.h). *body (NUL-terminated, *size bytes) lives until the next call.
 */
void kit_api_get(struct kit_api *api, enum api_op op, const char *path, struct api_verdict *verdict,
                 const char **body, size_t *size);

/* What the last answer's headers said, and its size. */
struct kit_api_seen {
    char version[16];              /* facebook-api-version: the version that really served; "": not said */
    int64_t date_ms;               /* Date: the server's clock, whole seconds, since 1970; 0: not said */
    int64_t asked_ms, answered_ms; /* our clock (kit_wall_ms), before and after */
    bool too_large;                /* it was broken off at API_BODY_MAX_BYTES: ask for less */
};
const struct kit_api_seen *kit_api_seen(const struct kit_api *api);

/* Items by retailer id, at most KIT_LOOKUP_MAX at once; on_item as in classify_lookup. True if *verdict is
 * API_OK; retailer ids that the catalog does not have are simply not handed over. One call of the catalog's
 * budget. */
bool kit_api_lookup(struct kit_api *api, const struct text *skus, size_t count, classify_item_fn on_item,
                    void *arg, struct api_verdict *verdict);

/* The same call with further fields (names with commas between them, "" for none), its answer as it came:
 * where *verdict is API_OK, a JSON object with the list `data`. *body lives until the next call. */
void kit_api_lookup_fields(struct kit_api *api, const struct text *skus, size_t count, const char *fields,
                           struct api_verdict *verdict, const char **body, size_t *size);

/* GET of the catalog node's own fields id and name: whether token and catalog fit together. */
void kit_api_read_catalog(struct kit_api *api, struct api_verdict *verdict, const char **body, size_t *size);

#endif
