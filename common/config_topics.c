/* Topics: those of events, shared or a catalog's own, and that no name has two uses. */
#include "common/config_parts.h"

#include <string.h>

static size_t add(const struct config_list *names, const struct config_catalog *catalog, bool bulk,
                  struct config_topic *topics, size_t count)
{
    for (size_t i = 0; i < names->count; i++, count++) {
        if (count < CONFIG_TOPICS_MAX)
            topics[count] = (struct config_topic){names->items[i], catalog, bulk};
    }
    return count;
}

size_t config_event_topics(const struct config *config, struct config_topic topics[CONFIG_TOPICS_MAX])
{
    size_t count = add(&config->topic_events, NULL, false, topics, 0);

    count = add(&config->topic_events_bulk, NULL, true, topics, count);
    for (size_t i = 0; i < config->catalog_count; i++) {
        const struct config_catalog *catalog = &config->catalogs[i];

        count = add(&catalog->topic_events, catalog, false, topics, count);
        count = add(&catalog->topic_events_bulk, catalog, true, topics, count);
    }
    return count;
}

/* What uses a topic, for the check that each has one use. */
struct use {
    const char *topic;
    char key[CONFIG_KEY_MAX_BYTES];
};

static void key_of(const struct config_topic *topic, char key[CONFIG_KEY_MAX_BYTES])
{
    const char *suffix = topic->bulk ? "topic.events.bulk" : "topic.events";

    if (topic->catalog)
        config_catalog_key(topic->catalog, suffix, key, CONFIG_KEY_MAX_BYTES);
    else
        snprintf(key, CONFIG_KEY_MAX_BYTES, "%s", suffix);
}

static size_t list_uses(const struct config *c, const struct config_topic *topics, size_t topic_count,
                        struct use *uses)
{
    const struct use written[] = {
        {c->topic_results, "topic.results"}, {c->topic_dlq, "topic.dlq"}, {c->topic_audit, "topic.audit"}};
    size_t count = sizeof(written) / sizeof(written[0]);

    memcpy(uses, written, sizeof(written));
    for (size_t i = 0; i < topic_count; i++, count++) {
        uses[count].topic = topics[i].name;
        key_of(&topics[i], uses[count].key);
    }
    return count;
}

static void check_catalog(struct config_loader *l, const struct config_catalog *catalog)
{
    char key[CONFIG_KEY_MAX_BYTES];

    if (l->config->topic_events.count + catalog->topic_events.count > 0)
        return;
    config_mistake(l, "topic.events and %s: both are empty, so catalog %s has no topic: name one",
                   config_catalog_key(catalog, "topic.events", key, sizeof(key)), catalog->name);
}

void config_check_topics(struct config_loader *l)
{
    struct config_topic topics[CONFIG_TOPICS_MAX];
    struct use uses[CONFIG_TOPICS_MAX + 3];
    size_t count = config_event_topics(l->config, topics), use_count;

    for (size_t i = 0; i < l->config->catalog_count; i++)
        check_catalog(l, &l->config->catalogs[i]);
    if (count > CONFIG_TOPICS_MAX) {
        config_mistake(l,
                       "topic.events and the catalogs' own topics: %zu together, at most %d fit: name fewer",
                       count, CONFIG_TOPICS_MAX);
        return;
    }
    if (l->config->window_records < (int64_t)count)
        config_mistake(l,
                       "window.records=%lld: fewer than the %zu event topics, each of which needs a share: "
                       "raise it",
                       (long long)l->config->window_records, count);
    use_count = list_uses(l->config, topics, count, uses);
    for (size_t i = 0; i < use_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(uses[i].topic, uses[j].topic) == 0)
                config_mistake(l, "%s and %s: both name the topic %s: give each a topic of its own",
                               uses[j].key, uses[i].key, uses[i].topic);
}
