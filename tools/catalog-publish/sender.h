/* The producer: idempotent, acks=all, a bounded queue, every record's delivery counted. */
#ifndef CATALOG_PUBLISH_SENDER_H
#define CATALOG_PUBLISH_SENDER_H

#include "event.h"
#include "tracker.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct config;

struct sender {
    rd_kafka_t *rk; /* owned */
    const struct kit_cli *cli;
    struct tracker *tracker;
    uint64_t queued, confirmed, failed;
    bool silent_brokers; /* all brokers were said to be down, and nothing was confirmed since */
};

/* Opens the producer. Returns false with the reason on stderr: a wrong kafka.* key. The sender must not move;
 * the tracker hears of each delivery. */
bool sender_open(struct sender *sender, const struct kit_cli *cli, const struct config *config,
                 struct tracker *tracker);

/* Hands one record over, the tracker's row `number`, waiting while the queue is full (bounded memory) unless
 * kit_stop is raised. Returns false when it was refused (said on stderr) or stopped. */
bool sender_send(struct sender *sender, const struct outgoing *record, uint64_t number);

/* Serves delivery reports for up to timeout_ms. */
void sender_poll(struct sender *sender, int timeout_ms);

/* Waits until everything handed over is confirmed or failed; a second Ctrl-C (kit_stop 2) gives up what is
 * still unsent. */
void sender_flush(struct sender *sender);

void sender_close(struct sender *sender);

#endif
