/* What the brokers tell of topics and groups. Read-only, each question bounded by a time-out. Brokers may
 * keep some of it to themselves: an old one, dev-kafka, or one whose ACLs leave us out. */
#ifndef KIT_ADMIN_H
#define KIT_ADMIN_H

#include "tools/kit/kafka.h"

#include <stdbool.h>
#include <stdint.h>

enum kit_told {
    KIT_TOLD,
    KIT_UNTOLD,    /* this broker has no such request */
    KIT_FORBIDDEN, /* our ACLs do not allow the question */
    KIT_MISSING,   /* there is no such topic */
    KIT_NO_ANSWER, /* no broker, no answer in time, or another failure */
};

/* A client for questions alone: a consumer that joins no group, named `group` so that the group's offsets may
 * be asked for. NULL with a message in error, which names the kafka.* key at fault. */
rd_kafka_t *kit_admin_open(const struct config *config, const char *client_id, const char *group,
                           char error[KAFKA_ERROR_SIZE]);

void kit_admin_close(rd_kafka_t *rk);

/* The last trouble a broker gave this client (connection refused, TLS, sign-in, ...), which the answers
 * themselves do not say; "" for none. Taken up to now. */
const char *kit_admin_trouble(rd_kafka_t *rk);

/* A topic as it is laid out. */
struct kit_layout {
    int32_t partitions;
    int32_t copies, copies_in_sync; /* of the partition that has fewest */
    int32_t without_leader;         /* partitions */
};
enum kit_told kit_topic_layout(rd_kafka_t *rk, const char *topic, int timeout_ms, struct kit_layout *out,
                               char error[KAFKA_ERROR_SIZE]);

/* A topic's settings that matter here; -1 for ever or without bound, as Kafka has it. */
struct kit_topic_settings {
    bool deletes, compacts; /* cleanup.policy */
    int64_t retention_ms, retention_bytes;
    int64_t max_message_bytes;
    int64_t min_insync_replicas;
    bool log_append_time; /* message.timestamp.type */
};
enum kit_told kit_topic_settings(rd_kafka_t *rk, const char *topic, int timeout_ms,
                                 struct kit_topic_settings *out, char error[KAFKA_ERROR_SIZE]);

enum { KIT_MEMBERS_MAX = 64, KIT_MEMBER_NAME_SIZE = 128 };

/* A consumer group; texts are "" where there is no such group (which is no error). */
struct kit_group {
    char state[32];         /* "Stable", "Empty", ... */
    char protocol_type[32]; /* "consumer" */
    char assignor[64];      /* "" while nobody is in it */
    int members;            /* in all; the first KIT_MEMBERS_MAX of them follow */
    struct kit_group_member {
        char client_id[KIT_MEMBER_NAME_SIZE], host[KIT_MEMBER_NAME_SIZE];
        char topic[256]; /* a topic of its assignment for which `ours` says false, else "" */
    } list[KIT_MEMBERS_MAX];
};

/* Whether it is right for a member to have partitions of this topic. */
typedef bool (*kit_ours_fn)(void *arg, const char *topic);

enum kit_told kit_group_look(rd_kafka_t *rk, const char *group, int timeout_ms, kit_ours_fn ours, void *arg,
                             struct kit_group *out, char error[KAFKA_ERROR_SIZE]);

#endif
