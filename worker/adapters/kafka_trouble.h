/* What may go wrong with a Kafka client besides the answers to single requests: for logs, readiness and exit.
 */
#ifndef ADAPTERS_KAFKA_TROUBLE_H
#define ADAPTERS_KAFKA_TROUBLE_H

enum kafka_trouble {
    KAFKA_WARNING, /* worth a line; the client goes on by itself */
    KAFKA_DOWN,    /* no broker can be reached: not ready; the client goes on trying */
    KAFKA_UP,      /* a broker answered after KAFKA_DOWN or KAFKA_AUTH: ready again */
    KAFKA_AUTH,    /* credentials or rights are refused: not ready; the client goes on trying */
    KAFKA_FATAL,   /* nothing more will come of this client: stop the process, loudly */
};

/* text: what happened, to what, and what to do; valid during the call. */
typedef void (*kafka_trouble_fn)(void *arg, enum kafka_trouble kind, const char *text);

/* A line of librdkafka's own log; level as in syslog(3), 3 (error) to 7 (debug). */
typedef void (*kafka_log_fn)(void *arg, int level, const char *facility, const char *text);

#endif
