/* The consumer group: who is in it, and where it stands. */
#ifndef CHECK_GROUP_H
#define CHECK_GROUP_H

#include "worker/check/check.h"

#include <librdkafka/rdkafka.h>

/* rk: of kit_admin_open with the group's name. partitions: of each of settings->topics, 0 where there is no
 * such topic. */
void check_group(const struct check *check, rd_kafka_t *rk, const int32_t *partitions,
                 struct check_report *report);

#endif
