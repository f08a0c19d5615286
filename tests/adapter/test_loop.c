#include "worker/runtime/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;
static char story[64];

static int setup(void **state)
{
    (void)state;
    loop = loop_create();
    story[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    loop_destroy(loop);
    return 0;
}

/* Something to be told: a string of one letter that may be written. */
static void *letter(char c)
{
    static char letters[128][2];
    letters[(size_t)c][0] = c;
    return letters[(size_t)c];
}

static void tell(void *arg)
{
    size_t end = strlen(story);
    assert_true(end + 1 < sizeof(story));
    story[end] = *(const char *)arg;
    story[end + 1] = '\0';
}

static void test_sleeps_until_the_deadline(void **state)
{
    (void)state;
    usec_t start = loop_clock_us();
    loop_run_once(loop, start + 30000);
    usec_t took = loop_now_us(loop) - start;
    assert_in_range(took, 29000, 200000);
    assert_in_range(loop_slept_us(loop), 28000, 200000);
    loop_run_once(loop, start); /* long past */
    assert_in_range(loop_clock_us() - start - took, 0, 20000);
}

static void test_timers_in_order(void **state)
{
    (void)state;
    struct loop_timer a = {0}, b = {0}, c = {0}, d = {0};
    usec_t now = loop_clock_us();
    loop_timer_set(loop, &a, now + 30000, tell, letter('a'));
    loop_timer_set(loop, &b, now + 10000, tell, letter('b'));
    loop_timer_set(loop, &c, now + 20000, tell, letter('c'));
    loop_timer_set(loop, &d, now + 15000, tell, letter('d'));
    loop_timer_clear(loop, &d);
    loop_timer_clear(loop, &d);
    loop_timer_set(loop, &b, now + 40000, tell, letter('b')); /* moved */
    while (strlen(story) < 3) {
        loop_run_once(loop, LOOP_NEVER);
        assert_true(loop_now_us(loop) < now + 1000000);
    }
    assert_string_equal(story, "cab");
    assert_false(a.armed || b.armed || c.armed);
}

static void defer_again(void *arg)
{
    tell(arg);
    loop_defer(loop, tell, letter('2'));
}

static void test_deferred_calls(void **state)
{
    (void)state;
    static char gone[] = "x";
    loop_defer(loop, defer_again, letter('0'));
    loop_defer(loop, tell, gone);
    loop_defer(loop, tell, letter('1'));
    loop_defer_cancel(loop, gone);
    assert_string_equal(story, "");
    loop_run_once(loop, LOOP_NEVER); /* does not sleep */
    assert_string_equal(story, "01");
    loop_run_once(loop, LOOP_NEVER);
    assert_string_equal(story, "012");
}

static void test_parked_until_the_end_of_the_turn(void **state)
{
    (void)state;
    loop_defer(loop, tell, letter('d'));
    loop_park(loop, letter('p'), tell);
    assert_string_equal(story, "");
    loop_run_once(loop, 0);
    assert_string_equal(story, "dp");
}

static void awake(void *arg)
{
    tell(arg);
    loop_stay_awake(loop);
}

static void test_flush_before_sleep(void **state)
{
    (void)state;
    struct loop_flush flush;
    loop_flush_add(loop, &flush, awake, letter('f'));
    usec_t start = loop_clock_us();
    loop_run_once(loop, start + 5000000);
    assert_string_equal(story, "f");
    assert_true(loop_clock_us() - start < 1000000); /* it asked not to sleep */
    loop_flush_remove(loop, &flush);
    loop_run_once(loop, 0);
    assert_string_equal(story, "f");
}

struct pipe_watch {
    struct loop_watch *watch;
    int fd, calls;
    unsigned events;
};

static void on_ready(void *arg, unsigned events)
{
    struct pipe_watch *p = arg;
    p->calls++;
    p->events = events;
    char byte;
    if ((events & LOOP_READABLE) && read(p->fd, &byte, 1) == 1 && byte == 'q') {
        loop_unwatch(p->watch); /* within its own callback */
        close(p->fd);
    }
}

static void test_watch(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    struct pipe_watch p = {.fd = fds[0]};
    p.watch = loop_watch(loop, fds[0], LOOP_READABLE, on_ready, &p);
    assert_non_null(p.watch);
    loop_run_once(loop, 0);
    assert_int_equal(p.calls, 0);
    assert_int_equal(write(fds[1], "ab", 2), 2);
    loop_run_once(loop, LOOP_NEVER);
    assert_int_equal(p.calls, 1);
    assert_int_equal(p.events, LOOP_READABLE);
    loop_run_once(loop, LOOP_NEVER); /* level-triggered: one byte is left */
    assert_int_equal(p.calls, 2);
    loop_watch_set(p.watch, LOOP_WRITABLE);
    loop_run_once(loop, LOOP_NEVER);
    assert_int_equal(p.events, LOOP_WRITABLE);
    loop_watch_set(p.watch, 0);
    assert_int_equal(write(fds[1], "q", 1), 1);
    loop_run_once(loop, loop_clock_us() + 5000);
    assert_int_equal(p.calls, 3);
    loop_watch_set(p.watch, LOOP_READABLE);
    loop_run_once(loop, LOOP_NEVER);
    assert_int_equal(p.calls, 4);

    /* the same descriptor's number, watched anew while libuv still closes the old watch */
    int again[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, again), 0);
    assert_int_equal(again[0], fds[0]);
    struct pipe_watch q = {.fd = again[0]};
    q.watch = loop_watch(loop, again[0], LOOP_READABLE, on_ready, &q);
    assert_non_null(q.watch);
    assert_int_equal(write(again[1], "x", 1), 1);
    while (q.calls == 0) {
        loop_run_once(loop, loop_clock_us() + 1000000);
    }
    assert_int_equal(p.calls, 4);
    loop_unwatch(q.watch);
    close(again[0]);
    close(again[1]);
    close(fds[1]);
}

static void test_signal(void **state)
{
    (void)state;
    assert_true(loop_on_signal(loop, SIGUSR1, tell, letter('s')));
    raise(SIGUSR1);
    for (int i = 0; i < 10 && !story[0]; i++) {
        loop_run_once(loop, loop_clock_us() + 100000);
    }
    assert_string_equal(story, "s");
}

static void test_destroyed_with_things_left(void **state)
{
    (void)state;
    struct loop *other = loop_create();
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct pipe_watch p = {.fd = fds[0]};
    struct loop_watch *watch = loop_watch(other, fds[0], LOOP_READABLE, on_ready, &p);
    loop_defer(other, tell, letter('n'));
    loop_park(other, malloc(10), free);
    loop_unwatch(watch);
    loop_destroy(other);
    assert_string_equal(story, "");
    loop_destroy(NULL);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sleeps_until_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timers_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deferred_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parked_until_the_end_of_the_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flush_before_sleep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroyed_with_things_left, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
