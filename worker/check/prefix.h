/* What lies under redis.prefix already, and whether it is ours. */
#ifndef CHECK_PREFIX_H
#define CHECK_PREFIX_H

#include "tools/kit/redis.h"
#include "worker/check/check.h"

void check_prefix(const struct check *check, struct kit_redis *redis, struct check_report *report);

/* What a key under the prefix is (docs/store.md, "Keys"). */
enum check_key {
    KEY_OURS,
    KEY_OTHER_CATALOG, /* ours in shape, of a catalog that is not configured; it is copied to catalog */
    KEY_FOREIGN        /* somebody else's */
};
enum check_key check_key_kind(const struct config *config, const char *key, size_t len,
                              char catalog[CONFIG_CATALOG_NAME_MAX + 1]);

#endif
