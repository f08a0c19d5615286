/* TLS to Redis, with a certificate made here: verified, and the host's name with it. Where hiredis has no TLS
 * (Debian 12), rediss:// must be refused with words that help. */
#include "tests/adapter/store_rig.h"

#ifdef CATALOG_SYNC_REDIS_TLS

#include <unistd.h>

static char dir[64], cert[96], key[96], tls_port[8];

static int start(void **state)
{
    const char *options[] = {"--tls-port",
                             tls_port,
                             "--tls-cert-file",
                             cert,
                             "--tls-key-file",
                             key,
                             "--tls-ca-cert-file",
                             cert,
                             "--tls-auth-clients",
                             "no",
                             NULL};
    char command[512];

    snprintf(dir, sizeof dir, "/tmp/redis-tls-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(cert, sizeof cert, "%s/cert.pem", dir);
    snprintf(key, sizeof key, "%s/key.pem", dir);
    snprintf(tls_port, sizeof tls_port, "%d", redis_server_free_port());
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
             "subjectAltName=DNS:localhost "
             "-keyout %s -out %s 2>/dev/null",
             key, cert);
    assert_int_equal(system(command), 0);
    *state = redis_server_start(options);
    return 0;
}

static int stop(void **state)
{
    redis_server_free(*state);
    unlink(cert);
    unlink(key);
    return rmdir(dir);
}

static struct rig *opened(struct redis_server *server, const char *scheme, const char *host,
                          const char *ca_file)
{
    struct rig *rig = rig_new(server);
    struct redis_store_settings settings = rig_settings(rig);
    char url[96];

    snprintf(url, sizeof url, "%s://%s:%s", scheme, host, tls_port);
    settings.url = url;
    settings.ca_file = ca_file;
    settings.connect_timeout_ms = 1000;
    rig_open(rig, &settings);
    for (int i = 0; i < 500 && rig->ups == 0 && rig->troubles == 0; i++)
        rig_turn(rig, 10 * RIG_MS);
    return rig;
}

static void trusted(void **state)
{
    struct rig *rig = opened(*state, "rediss", "localhost", cert);
    struct rig_event event;
    static char blob[400];

    assert_int_equal(rig->ups, 1);
    rig_raise(rig, 0, 0);
    rig_ready(rig);
    memset(blob, 'x', sizeof blob - 1);
    for (int i = 0; i < 200; i++) {
        event = rig_upsert(rig, "e1", "p1", "sku1", 1, "a");
        rig_send_claim(rig, &event);
    }
    rig_until(rig, &rig->claimed.count, 200);
    assert_int_equal(rig->claimed.reply.status, CLAIM_GRANTED);
    assert_int_equal(rig->unanswered, 0);
    redis_server_ask(rig->server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", NULL);
    rig_until(rig, &rig->downs, 1);
    rig_until(rig, &rig->ups, 2);
    rig_free(rig, false);
}

static void not_trusted(void **state)
{
    struct rig *rig = opened(*state, "rediss", "localhost", NULL);

    assert_int_equal(rig->ups, 0);
    assert_true(rig->troubles > 0);
    rig_free(rig, false);
}

static void another_host(void **state)
{
    struct rig *rig = opened(*state, "rediss", "127.0.0.1", cert); /* the certificate names localhost only */

    assert_int_equal(rig->ups, 0);
    assert_true(rig->troubles > 0);
    rig_free(rig, false);
}

static void plain_to_a_tls_port(void **state)
{
    struct rig *rig = opened(*state, "redis", "localhost", NULL);

    assert_int_equal(rig->ups, 0);
    assert_true(rig->troubles > 0);
    rig_free(rig, false);
}

static void unreadable_authorities(void **state)
{
    struct rig *rig = rig_new(*state);
    struct redis_store_settings settings = rig_settings(rig);
    struct redis_store_events events = rig_events(rig);
    char error[512] = "";

    settings.url = "rediss://localhost";
    settings.ca_file = "/nowhere.pem";
    assert_null(redis_store_open(rig->loop, &settings, &events, error, sizeof error));
    assert_non_null(strstr(error, "/nowhere.pem"));
    loop_destroy(rig->loop);
    free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusted),
        cmocka_unit_test(not_trusted),
        cmocka_unit_test(another_host),
        cmocka_unit_test(plain_to_a_tls_port),
        cmocka_unit_test(unreadable_authorities),
    };

    return cmocka_run_group_tests(tests, start, stop);
}

#else

static void refused_in_words(void **state)
{
    struct loop *loop = loop_create();
    struct redis_store_settings settings = {.url = "rediss://user:s3cret@host", .dedup_ttl_ms = 1000};
    struct redis_store_events events = {0};
    char error[512] = "";

    (void)state;
    assert_null(redis_store_open(loop, &settings, &events, error, sizeof error));
    assert_non_null(strstr(error, "built with a hiredis without it"));
    assert_null(strstr(error, "s3cret"));
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused_in_words)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
