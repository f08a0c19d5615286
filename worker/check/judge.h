/* What the answers mean: from facts to lines, without I/O. Each threshold has its reason beside it. */
#ifndef CHECK_JUDGE_H
#define CHECK_JUDGE_H

#include "tools/kit/admin.h"
#include "worker/check/report.h"

#include <stdbool.h>
#include <stdint.h>

/* judge_topic.c */

enum check_role { ROLE_EVENTS, ROLE_RESULTS, ROLE_DLQ, ROLE_AUDIT };

struct check_topic {
    const char *name;
    enum check_role role;
    int brokers;               /* of the cluster */
    int64_t dedup_ttl_ms;      /* how long an outcome is remembered */
    int64_t record_max_bytes;  /* the largest event taken */
    int64_t publish_max_bytes; /* the largest record the worker may write */
};

/* The topic's partitions, copies and leaders. */
void judge_layout(struct check_report *report, const struct check_topic *topic,
                  const struct kit_layout *layout);

/* Retention, compaction, sizes, acknowledgements. */
void judge_settings(struct check_report *report, const struct check_topic *topic,
                    const struct kit_topic_settings *settings, const struct kit_layout *layout);

/* Why a topic's layout or settings were not told. */
void judge_untold(struct check_report *report, const struct check_topic *topic, enum kit_told told,
                  const char *error);

/* A partition's committed offset against the first and the end offset that it holds. committed < 0: none. */
struct check_offset {
    int32_t partition;
    int64_t committed, first, end;
};
void judge_offsets(struct check_report *report, const char *topic, const struct check_offset *offsets,
                   size_t count);

void judge_group(struct check_report *report, const char *name, const struct kit_group *group,
                 int32_t partitions);

/* judge_redis.c */

/* Where INFO's lines are, as Redis sends them; config_save: the value of CONFIG GET save, NULL where it is
 * not told. */
void judge_redis_info(struct check_report *report, const char *info, const char *config_save);

/* judge_clock.c */

enum {
    CHECK_SKEW_WARN_MS = 5000,   /* NTP keeps clocks within milliseconds; HTTP tells whole seconds */
    CHECK_SKEW_FAIL_MS = 300000, /* TLS and tokens live by the clock */
};

/* How far this machine's clock is from another's. ahead_ms > 0: ours is ahead. slack_ms: what the answer's
 * way and the grain of that clock may account for. future_max_ms: version.future.max.ms, beyond which our
 * clock refuses versions of now. whose: "Redis", "the API". */
void judge_clock(struct check_report *report, const char *id, const char *subject, const char *whose,
                 int64_t ahead_ms, int64_t slack_ms, int64_t future_max_ms);

#endif
