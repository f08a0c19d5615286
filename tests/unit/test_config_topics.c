/* Topics of events: shared ones and a catalog's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/config.h"

#include <string.h>

#define BASE "kafka.bootstrap.servers=h:1", "catalog.id=1", "catalogs.eu.id=2", "catalogs.us.id=3"

static struct config config;
static char errors[4096];

static bool load(const char *const *sets, size_t count)
{
    return config_load(&config, &(struct config_sources){.sets = sets, .set_count = count}, errors,
                       sizeof errors);
}

#define LOAD(...)                                                                                            \
    load((const char *const[]){BASE, __VA_ARGS__},                                                           \
         sizeof((const char *const[]){BASE, __VA_ARGS__}) / sizeof(const char *))
#define REFUSES(words, ...)                                                                                  \
    assert_false(LOAD(__VA_ARGS__));                                                                         \
    if (!strstr(errors, words))                                                                              \
    fail_msg("it says: %s", errors)

static void all_topics_in_order_with_their_owners(void **state)
{
    struct config_topic topics[CONFIG_TOPICS_MAX];

    (void)state;
    assert_true(LOAD("catalogs.eu.topic.events=e1,e2", "catalogs.us.topic.events=u1",
                     "catalogs.us.topic.events.bulk=u2"));
    assert_int_equal(config_event_topics(&config, topics), 6);
    assert_string_equal(topics[0].name, "product-events");
    assert_null(topics[0].catalog);
    assert_false(topics[0].bulk);
    assert_string_equal(topics[1].name, "product-events.bulk");
    assert_true(topics[1].bulk);
    assert_string_equal(topics[2].name, "e1");
    assert_string_equal(topics[2].catalog->name, "eu");
    assert_string_equal(topics[3].name, "e2");
    assert_string_equal(topics[5].name, "u2");
    assert_string_equal(topics[5].catalog->name, "us");
    assert_true(topics[5].bulk);
    config_free(&config);
}

static void topics_are_not_inherited(void **state)
{
    struct config_topic topics[CONFIG_TOPICS_MAX];

    (void)state;
    assert_true(LOAD("catalog.topic.events=mine", "topic.events.bulk="));
    assert_int_equal(config_event_topics(&config, topics), 2);
    assert_string_equal(topics[1].catalog->name, "default");
    config_free(&config);
}

static void shared_topics_may_be_empty_where_every_catalog_has_its_own(void **state)
{
    (void)state;
    assert_true(LOAD("topic.events=", "topic.events.bulk=", "catalog.topic.events=d",
                     "catalogs.eu.topic.events=e", "catalogs.us.topic.events=u"));
    config_free(&config);
    REFUSES("topic.events and catalogs.us.topic.events: both are empty, so catalog us has no topic",
            "topic.events=", "catalog.topic.events=d", "catalogs.eu.topic.events=e");
}

static void a_topic_has_one_owner_and_one_use(void **state)
{
    (void)state;
    REFUSES("catalogs.eu.topic.events and catalogs.us.topic.events: both name the topic e",
            "catalogs.eu.topic.events=e", "catalogs.us.topic.events=e");
    REFUSES("topic.events and catalogs.us.topic.events: both name the topic product-events",
            "catalogs.us.topic.events=product-events");
    REFUSES("topic.dlq and catalogs.us.topic.events.bulk: both name the topic product-events.dlq",
            "catalogs.us.topic.events.bulk=product-events.dlq");
}

static void topics_are_bounded(void **state)
{
    static char many[1024] = "catalogs.eu.topic.events=t0";
    size_t len = strlen(many);

    (void)state;
    for (int i = 1; i < CONFIG_TOPICS_MAX; i++)
        len += (size_t)snprintf(many + len, sizeof many - len, ",t%d", i);
    REFUSES("66 together, at most 64 fit", many);
    REFUSES("window.records=2: fewer than the 3 event topics", "window.records=2",
            "catalogs.eu.topic.events=e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_topics_in_order_with_their_owners),
        cmocka_unit_test(topics_are_not_inherited),
        cmocka_unit_test(shared_topics_may_be_empty_where_every_catalog_has_its_own),
        cmocka_unit_test(a_topic_has_one_owner_and_one_use),
        cmocka_unit_test(topics_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
