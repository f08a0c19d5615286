/* The floor's POSTs: curl multi on the caller's epoll, handles and connections kept. */
#ifndef BENCH_FLOOR_HTTP_H
#define BENCH_FLOOR_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A handle to post with, one call at a time. */
struct transfer {
    void *easy;
    char body[1024];
    size_t body_size;
    void (*done)(void *arg);
    void *arg;
};

/* url: where everything is posted to; borrowed. Sockets go into the epoll with their own fd as data. */
void floor_http_open(int epoll, const char *url, unsigned connections);

/* NULL without memory. */
struct transfer *floor_transfer_new(void);

/* Posts body_size bytes made of serial; done(arg) follows in a later turn. An answer other than 200 ends the
 * process. */
void floor_post(struct transfer *transfer, unsigned long serial, void (*done)(void *arg), void *arg);

/* A socket of curl's is ready. */
void floor_http_ready(int fd, uint32_t events);

/* Milliseconds the loop may sleep, at most max_ms. */
int floor_http_wait_ms(int max_ms);

/* After the sockets of a turn: timers, and what is finished. */
void floor_http_turn(void);

#endif
