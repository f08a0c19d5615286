/* Names of shadow mode: what a plan-only worker writes under is never what a real one uses. */
#include "common/config_parts.h"

#include <stdlib.h>
#include <string.h>

static bool ends_in_suffix(const char *name)
{
    size_t len = strlen(name), suffix = sizeof(CONFIG_SHADOW_SUFFIX) - 1;

    return len >= suffix && strcmp(name + len - suffix, CONFIG_SHADOW_SUFFIX) == 0;
}

static void rename_one(struct config_loader *l, const char *key, char **name, size_t max)
{
    size_t size = strlen(*name) + sizeof(CONFIG_SHADOW_SUFFIX);
    char *longer;

    if (l->config->catalog_mode != CONFIG_MODE_PLAN_ONLY) {
        if (ends_in_suffix(*name))
            config_mistake(
                l,
                "%s=%s: names that end in " CONFIG_SHADOW_SUFFIX
                " belong to plan-only workers, and this one would make real calls: name another, or "
                "set catalog.mode=plan-only",
                key, *name);
        return;
    }
    if (ends_in_suffix(*name))
        return;
    if (size - 1 > max) {
        config_mistake(l,
                       "%s=%s: with " CONFIG_SHADOW_SUFFIX " (catalog.mode=plan-only) longer than %zu bytes: "
                       "shorten it",
                       key, *name, max);
        return;
    }
    longer = malloc(size);
    if (!longer) {
        config_mistake(l, "%s: out of memory", key);
        return;
    }
    snprintf(longer, size, "%s" CONFIG_SHADOW_SUFFIX, *name);
    free(*name);
    *name = longer;
}

void config_shadow_names(struct config_loader *l)
{
    struct config *c = l->config;

    rename_one(l, "kafka.group.id", &c->kafka_group_id, 255);
    rename_one(l, "topic.results", &c->topic_results, 249);
    rename_one(l, "topic.dlq", &c->topic_dlq, 249);
    rename_one(l, "redis.prefix", &c->redis_prefix, 32);
}
