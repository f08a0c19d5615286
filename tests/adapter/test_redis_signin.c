/* Coming to terms with a Redis server: addresses, passwords, refusals, and what people are told. */
#include "tests/adapter/store_rig.h"

#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

/* A store that is opened with this url and password, until it is up or in trouble. */
static struct rig *opened(struct redis_server *server, const char *url, const char *password)
{
    struct rig *rig = rig_new(server);
    struct redis_store_settings settings = rig_settings(rig);

    settings.url = url;
    settings.password = password;
    rig_open(rig, &settings);
    for (int i = 0; i < 500 && rig->ups == 0 && rig->troubles == 0; i++)
        rig_turn(rig, 10 * RIG_MS);
    return rig;
}

static void refused(const char *url, const char *says)
{
    struct rig *rig = rig_new(redis_server_start(NULL));
    struct redis_store_settings settings = rig_settings(rig);
    struct redis_store_events events = rig_events(rig);
    char error[512] = "";

    settings.url = url;
    assert_null(redis_store_open(rig->loop, &settings, &events, error, sizeof error));
    if (!strstr(error, says))
        fail_msg("\"%s\" is not in \"%s\"", says, error);
    assert_null(strstr(error, "s3cret"));
    loop_destroy(rig->loop);
    redis_server_free(rig->server);
    free(rig);
}

static void bad_urls(void **state)
{
    (void)state;
    refused("localhost:6379", "no scheme");
    refused("http://localhost", "scheme is not");
    refused("redis://:s3cret@", "host is missing");
    refused("redis://u:s3cret%zz@host", "password");
    refused("redis://u:s3cret@host:0", "port");
    refused("redis://u:s3cret@host:123456", "port");
    refused("redis://host/x", "database");
    refused("redis://host/65536", "database");
    refused("redis://[::1", "no ]");
    refused("redis+unix://relative", "path");
    refused("redis://ho st", "space");
#ifndef CATALOG_SYNC_REDIS_TLS
    refused("rediss://u:s3cret@host", "TLS");
#endif
}

static void bad_settings(void **state)
{
    struct rig *rig = rig_new(redis_server_start(NULL));
    struct redis_store_settings settings = rig_settings(rig);
    struct redis_store_events events = rig_events(rig);
    char error[512] = "";

    (void)state;
    settings.prefix = "a{b";
    assert_null(redis_store_open(rig->loop, &settings, &events, error, sizeof error));
    assert_non_null(strstr(error, "redis.prefix"));
    settings = rig_settings(rig);
    settings.dedup_ttl_ms = 999;
    assert_null(redis_store_open(rig->loop, &settings, &events, error, sizeof error));
    assert_non_null(strstr(error, "dedup.ttl.ms"));
    loop_destroy(rig->loop);
    redis_server_free(rig->server);
    free(rig);
}

static void tcp_by_name_database_and_user(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    char url[128];
    struct rig *rig;

    (void)state;
    redis_server_ask(server, "ACL", "SETUSER", "worker", "on", ">s3cret p@ss", "~*", "+@all", NULL);
    snprintf(url, sizeof url, "redis://worker:s3cret%%20p%%40ss@localhost:%d/3", redis_server_port(server));
    rig = opened(server, url, NULL);
    assert_int_equal(rig->ups, 1);
    assert_int_equal(rig->troubles, 0);
    assert_string_equal(redis_store_maxmemory_policy(rig->store), "noeviction");
    rig_raise(rig, 0, 0);
    assert_string_equal(redis_server_ask(server, "DBSIZE", NULL), "0");
    redis_server_ask(server, "SELECT", "3", NULL);
    assert_string_equal(redis_server_ask(server, "DBSIZE", NULL), "1");
    assert_non_null(strstr(redis_server_ask(server, "CLIENT", "LIST", NULL), "name=catalog-worker"));
    rig_free(rig, true);
}

static void wrong_password(void **state)
{
    static const char *const options[] = {"--requirepass", "right", NULL};
    struct redis_server *server = redis_server_start(options);
    struct rig *rig = opened(server, redis_server_url(server), "s3cret-but-wrong");

    (void)state;
    assert_int_equal(rig->ups, 0);
    assert_non_null(strstr(rig->trouble, "redis.password"));
    assert_non_null(strstr(rig->trouble, redis_server_path(server)));
    assert_null(strstr(rig->trouble, "s3cret"));
    rig_turn(rig, 200 * RIG_MS);
    assert_int_equal(rig->troubles, 1); /* tried again and again, told once */
    redis_store_set_password(rig->store, "right");
    rig_until(rig, &rig->ups, 1); /* the secret's file was mended: no restart needed */
    rig_free(rig, true);
}

static void missing_and_needless_password(void **state)
{
    static const char *const options[] = {"--requirepass", "right", NULL};
    struct redis_server *server = redis_server_start(options);
    struct rig *rig = opened(server, redis_server_url(server), NULL);

    (void)state;
    assert_int_equal(rig->ups, 0);
    assert_non_null(strstr(rig->trouble, "wants a password"));
    rig_free(rig, true);
    server = redis_server_start(NULL);
    rig = opened(server, redis_server_url(server), "needless");
    assert_int_equal(rig->ups, 0);
    assert_non_null(strstr(rig->trouble, "redis.password"));
    rig_free(rig, true);
}

static void no_such_database(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    char url[160];
    struct rig *rig;

    (void)state;
    snprintf(url, sizeof url, "%s?db=99", redis_server_url(server));
    rig = opened(server, url, NULL);
    assert_non_null(strstr(rig->trouble, "no such database"));
    rig_free(rig, true);
}

static void nobody_there(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    char url[160];
    struct rig *rig;

    (void)state;
    redis_server_kill(server);
    rig = opened(server, redis_server_url(server), NULL);
    assert_int_equal(rig->ups, 0);
    assert_int_equal(rig->troubles, 1);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", redis_server_port(server));
    redis_server_again(server, false);
    rig_until(rig, &rig->ups, 1);
    rig_free(rig, false);
    redis_server_kill(server);
    rig = opened(server, url, NULL);
    assert_non_null(strstr(rig->trouble, "refused"));
    rig_free(rig, true);
}

static void unknown_host(void **state)
{
    struct redis_server *server = redis_server_start(NULL);
    struct rig *rig = opened(server, "redis://no-such-host.invalid", NULL);

    (void)state;
    assert_int_equal(rig->ups, 0);
    assert_non_null(strstr(rig->trouble, "no-such-host.invalid"));
    rig_free(rig, true);
}

/* A port that takes connections and never says a word. */
static void silent_listener(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct rig *rig = rig_new(NULL);
    struct redis_store_settings settings;
    char url[64];

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", ntohs(address.sin_port));
    settings = (struct redis_store_settings){.url = url, .dedup_ttl_ms = 1000, .connect_timeout_ms = 100};
    rig_open(rig, &settings);
    rig_until(rig, &rig->troubles, 1);
    assert_non_null(strstr(rig->trouble, "within 100 ms"));
    rig_free(rig, false);
    close(fd);
}

static void dangerous_eviction_policy(void **state)
{
    static const char *const options[] = {"--maxmemory-policy", "allkeys-lru", NULL};
    struct redis_server *server = redis_server_start(options);
    struct rig *rig = opened(server, redis_server_url(server), NULL);

    (void)state;
    assert_int_equal(rig->ups, 1);
    assert_string_equal(redis_store_maxmemory_policy(rig->store), "allkeys-lru");
    assert_non_null(strstr(rig->trouble, "noeviction"));
    rig_free(rig, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_urls),
        cmocka_unit_test(bad_settings),
        cmocka_unit_test(tcp_by_name_database_and_user),
        cmocka_unit_test(wrong_password),
        cmocka_unit_test(missing_and_needless_password),
        cmocka_unit_test(no_such_database),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(unknown_host),
        cmocka_unit_test(silent_listener),
        cmocka_unit_test(dangerous_eviction_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
