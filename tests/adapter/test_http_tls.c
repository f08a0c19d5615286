/* TLS is verified: against a self-signed certificate made here, with openssl's own server. */
#include "worker/adapters/http_api.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 512 };

static char dir[PATH_SIZE / 2];
static pid_t server;
static int port;
static struct http_answer last;
static char last_error[128];
static int answers;

static void on_answered(void *arg, uint64_t cookie, const struct http_answer *answer)
{
    (void)arg, (void)cookie;
    last = *answer;
    snprintf(last_error, sizeof(last_error), "%s", answer->api.transport_text);
    answers++;
}

static void on_warning(void *arg, const char *text)
{
    (void)arg, (void)text;
}

/* Waits for the line "ACCEPT 127.0.0.1:PORT". */
static int read_port(FILE *from)
{
    char line[256];
    while (fgets(line, sizeof(line), from)) {
        const char *colon = strncmp(line, "ACCEPT", 6) == 0 ? strrchr(line, ':') : NULL;
        if (colon) {
            return (int)strtol(colon + 1, NULL, 10);
        }
    }
    return 0;
}

static int setup(void **state)
{
    (void)state;
    char command[2048];
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof(dir), "%s/tls-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
             "subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out %s/cert.pem 2>/dev/null",
             dir, dir);
    assert_int_equal(system(command), 0);
    int out[2], in[2];
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(in), 0); /* kept open: the server ends with its standard input */
    server = fork();
    if (server == 0) {
        char key[PATH_SIZE], cert[PATH_SIZE];
        snprintf(key, sizeof(key), "%s/key.pem", dir);
        snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
        dup2(in[0], 0);
        dup2(out[1], 1);
        execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-key", key, "-cert", cert,
               (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    port = read_port(fdopen(out[0], "r"));
    assert_true(port > 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[PATH_SIZE];
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static void call_trusting(const char *host, const char *ca_file, bool anything, enum call_kind kind)
{
    char base[64], error[256];
    snprintf(base, sizeof(base), "https://%s:%d", host, port);
    struct http_api_settings settings = {.base_url = base,
                                         .ca_file = ca_file,
                                         .tls_unverified = anything,
                                         .connect_timeout_ms = 3000,
                                         .total_timeout_ms = 5000,
                                         .calls_max = 1};
    struct http_events events = {.answered = on_answered, .warning = on_warning};
    struct loop *loop = loop_create();
    struct http_api *api = http_api_open(loop, &settings, &events, error, sizeof(error));
    assert_non_null(api);
    assert_true(http_api_set_credentials(api, 0, "token", NULL));
    struct http_call c = {
        .kind = kind, .path = "/", .body = "{}", .body_size = 2, .send_before_us = LOOP_NEVER};
    answers = 0;
    http_api_call(api, 1, &c);
    usec_t end = loop_clock_us() + 10000000;
    while (answers == 0 && loop_clock_us() < end) {
        loop_run_once(loop, end);
    }
    assert_int_equal(answers, 1);
    http_api_destroy(api);
    loop_destroy(loop);
}

static void call(const char *host, const char *ca_file, enum call_kind kind)
{
    call_trusting(host, ca_file, false, kind);
}

static void test_unknown_certificate_is_refused(void **state)
{
    (void)state;
    call("127.0.0.1", NULL, CALL_CREATE);
    assert_int_equal(last.api.transport, API_NET_TLS);
    assert_false(last.api.body_sent);
    assert_true(last_error[0] != '\0');
}

static void test_ca_file_makes_it_known(void **state)
{
    (void)state;
    char cert[PATH_SIZE];
    snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
    call("127.0.0.1", cert, CALL_LOOKUP);
    assert_int_equal(last.api.transport, API_NET_OK);
    assert_int_equal(last.api.http_status, 200);
}

static void test_wrong_name_is_refused(void **state)
{
    (void)state;
    char cert[PATH_SIZE];
    snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
    call("localhost", cert, CALL_CREATE);
    assert_int_equal(last.api.transport, API_NET_TLS);
    assert_false(last.api.body_sent);
}

/* tls.verify=false: a laboratory's choice, and the worker says so at every start. */
static void test_verification_can_be_turned_off(void **state)
{
    (void)state;
    call_trusting("localhost", NULL, true, CALL_LOOKUP);
    assert_int_equal(last.api.transport, API_NET_OK);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_certificate_is_refused),
        cmocka_unit_test(test_ca_file_makes_it_known),
        cmocka_unit_test(test_wrong_name_is_refused),
        cmocka_unit_test(test_verification_can_be_turned_off),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
