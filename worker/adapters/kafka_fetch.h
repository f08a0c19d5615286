/* Reading by position, outside the group: one record (repairs), or a whole topic once (rebuilds). Nothing
 * blocks; what needs a blocking question (partitions, end offsets) is asked on a helper thread. */
#ifndef ADAPTERS_KAFKA_FETCH_H
#define ADAPTERS_KAFKA_FETCH_H

#include "worker/adapters/kafka_source.h"

struct kafka_fetch;
struct kafka_scan;

enum fetch_status {
    FETCH_FOUND,
    FETCH_GONE,   /* certainly not in the log: deleted by retention, compacted away, or never there */
    FETCH_FAILED, /* not known: brokers not reached in time, rights refused ...; try again later */
};

/* record is owned by the callee when FETCH_FOUND, empty otherwise; error is "" when FETCH_FOUND. */
typedef void (*kafka_fetched_fn)(void *arg, uint64_t cookie, enum fetch_status status,
                                 struct kafka_record record, const char *error);

/* Prepares single reads. The client is made at the first read (it costs connections). settings are borrowed
 * for its life. */
struct kafka_fetch *kafka_fetch_open(struct loop *loop, const struct kafka_settings *settings,
                                     kafka_fetched_fn fetched, kafka_log_fn log, void *arg);

/* Reads the record at (topic, partition, offset); answered once, later, within about 15 s times the reads
 * that wait before it. Reads are made one after the other; at most 1024 wait, more are answered FETCH_FAILED.
 */
void kafka_fetch_one(struct kafka_fetch *fetch, const char *topic, int32_t partition, int64_t offset,
                     uint64_t cookie);

/* Gives up what waits (unanswered) and frees. NULL is allowed. */
void kafka_fetch_destroy(struct kafka_fetch *fetch);

struct scan_settings {
    const struct kafka_settings *kafka; /* borrowed until the scan is destroyed */
    const char *topic;                  /* copied */
    uint32_t records_per_turn;          /* as of the source */
    int stall_timeout_ms;               /* no record and no progress for so long while not held: failed */
};

struct scan_events {
    void *arg;
    /* A record, in offset order within its partition; it takes the record over. */
    void (*record)(void *arg, struct kafka_record record);
    /* The end: ok when every record below the end offsets taken at the start was delivered (a topic that does
     * not exist has none); else error says why, and a new scan starts from the beginning. No more callbacks
     * follow; destroy the scan. */
    void (*done)(void *arg, bool ok, const char *error);
    kafka_log_fn log;
};

struct scan_progress {
    uint64_t records;
    uint32_t partitions, partitions_done;
    int64_t offsets_total, offsets_left; /* by offsets: with compaction more than the records to come */
};

/* Starts a scan of the topic from its beginning to its present end, read_committed. Returns NULL with a
 * message in error (KAFKA_ERROR_SIZE bytes). */
struct kafka_scan *kafka_scan_open(struct loop *loop, const struct scan_settings *settings,
                                   const struct scan_events *events, char *error);

/* The callee's pace: while held no record is delivered, and what librdkafka holds ready stays bounded. A scan
 * does not time out while held. */
void kafka_scan_hold(struct kafka_scan *scan, bool hold);

void kafka_scan_progress(const struct kafka_scan *scan, struct scan_progress *progress);

/* Ends the scan at any time, also within its callbacks; librdkafka's threads end in the background. NULL is
 * allowed. */
void kafka_scan_destroy(struct kafka_scan *scan);

#endif
