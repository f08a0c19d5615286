/* The mock cluster itself: made, given topics, taken down and up again. */
#ifndef DEV_KAFKA_CLUSTER_H
#define DEV_KAFKA_CLUSTER_H

#include "options.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdio.h>

struct cluster {
    rd_kafka_t *rk;                /* owned: the handle the mock lives in */
    rd_kafka_mock_cluster_t *mock; /* owned */
    const char *bootstrap_servers; /* host:port[,host:port]; lives as long as the mock */
    int brokers;
    bool down; /* taken down by a command: nobody answers */
};

/* Starts the cluster and creates the topics. Returns false with the reason on stderr; close it all the same.
 */
bool cluster_open(struct cluster *cluster, const struct options *options);

/* Carries out one command line (without its newline) and writes one answer line to out: "ok ..." or "error
 * ...". */
void cluster_command(struct cluster *cluster, const char *line, FILE *out);

void cluster_close(struct cluster *cluster);

#endif
