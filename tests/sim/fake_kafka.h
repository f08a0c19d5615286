/* A model of Kafka: the event log with gaps, the consumer group with its members and commits, and the two
 * topics that workers write. It knows nothing of cores: the world carries its words. */
#ifndef SIM_FAKE_KAFKA_H
#define SIM_FAKE_KAFKA_H

#include "tests/sim/settings.h"
#include "worker/core/input.h"

enum { KAFKA_LOG_MAX = SIM_EVENTS_MAX, KAFKA_RESULTS_MAX = 4096, KAFKA_MEMBERS_MAX = 16, KAFKA_NOBODY = -1 };

struct log_record {
    int64_t offset;
    uint32_t event;
    /* evidence for the oracles */
    uint32_t results, deads;
    uint32_t first_result; /* index in results */
    usec_t acked_at;
    uint32_t acked; /* assignment under which its result was acknowledged to whoever published it; 0: none */
};

/* Who a partition belongs to, and how far the group has committed. */
struct group_partition {
    int owner; /* index of a member, or KAFKA_NOBODY */
    bool revoking;
    uint32_t assignment;
    int64_t committed; /* -1: none */
    /* commit metadata: the store's witness of who committed */
    uint64_t meta_run, meta_incarnation, meta_number, meta_epoch;
};

struct partition_log {
    struct log_record *records; /* KAFKA_LOG_MAX, owned by the world's memory */
    uint32_t count;
    int64_t next_offset;
    struct group_partition group;
};

struct group_member {
    bool used, leaving; /* leaving: keeps what it has until it gives it back, and gets nothing */
    uint32_t worker;
    uint64_t incarnation;
};

/* A result event as it was written. */
struct result {
    uint8_t tp;
    uint32_t record; /* index in the partition's log */
    uint32_t event;
    enum outcome outcome;
    enum reason reason;
    bool stored;  /* the publisher repeated what the store answered */
    bool granted; /* its event was granted a lease by this process */
    uint32_t superseded_by;
    uint64_t version, item;
    enum item_state item_state;
    int32_t skus[CORE_TARGETS_MAX]; /* targets of the last grant; [0] the wanted one */
    uint8_t skus_count;
    usec_t finished_at, at;
    uint64_t losses; /* how often the store had lost data when it was written */
    uint32_t worker;
    uint64_t incarnation;
};

struct fake_kafka {
    uint32_t topics, parts, tps;
    bool down;
    struct partition_log logs[SIM_PARTS_MAX];
    struct group_member members[KAFKA_MEMBERS_MAX];
    uint32_t rotation, assignments;
    struct result results[KAFKA_RESULTS_MAX];
    uint32_t results_count;
};

void fake_kafka_init(struct fake_kafka *kafka, const struct sim_settings *settings,
                     struct log_record *records);

void fake_kafka_append(struct fake_kafka *kafka, uint8_t tp, uint32_t event, uint8_t gap);

/* Index of the first record at or after an offset; count where none. */
uint32_t fake_kafka_seek(const struct fake_kafka *kafka, uint8_t tp, int64_t offset);

/* The member of a process, KAFKA_NOBODY: none. Joining makes one. */
int fake_kafka_member(const struct fake_kafka *kafka, uint32_t worker, uint64_t incarnation);
int fake_kafka_join(struct fake_kafka *kafka, uint32_t worker, uint64_t incarnation);

/* Removes a member; its partitions belong to nobody. */
void fake_kafka_leave(struct fake_kafka *kafka, int member);

/* The member a partition should belong to; KAFKA_NOBODY: there is none. */
int fake_kafka_target(const struct fake_kafka *kafka, uint8_t tp);

#endif
