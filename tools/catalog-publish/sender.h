/* The producer: idempotent, acks=all, a bounded queue, every record's delivery counted. */
#ifndef CATALOG_PUBLISH_SENDER_H
#define CATALOG_PUBLISH_SENDER_H

#include "event.h"
#include "settings.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdbool.h>

struct sender {
    rd_kafka_t *rk; /* owned */
    unsigned long long queued, confirmed, failed;
    bool silent_brokers; /* all brokers were said to be down, and nothing was confirmed since */
};

/* Opens the producer. Returns false with the reason on stderr: a wrong kafka.* key. The sender must not move.
 */
bool sender_open(struct sender *sender, const struct settings *settings);

/* Hands one record over, waiting while the queue is full (bounded memory) unless *stop becomes true. line is
 * its number, for messages. Returns false when it was refused (said on stderr) or stopped. */
bool sender_send(struct sender *sender, const struct record *record, unsigned long long line,
                 const volatile sig_atomic_t *stop);

/* Serves delivery reports for up to timeout_ms. */
void sender_poll(struct sender *sender, int timeout_ms);

/* Waits until everything handed over is confirmed or failed; *hurry (a second Ctrl-C) gives up what is still
 * unsent. */
void sender_flush(struct sender *sender, const volatile sig_atomic_t *hurry);

void sender_close(struct sender *sender);

#endif
