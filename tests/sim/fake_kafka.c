/* The log, and who owns which partition. */
#include "tests/sim/fake_kafka.h"

#include "common/assertx.h"

#include <string.h>

void fake_kafka_init(struct fake_kafka *kafka, const struct sim_settings *settings,
                     struct log_record *records)
{
    memset(kafka, 0, sizeof *kafka);
    kafka->topics = settings->topics;
    kafka->parts = settings->parts;
    kafka->tps = settings->topics * settings->parts;
    for (uint32_t i = 0; i < kafka->tps; i++) {
        kafka->logs[i].records = records + i * KAFKA_LOG_MAX;
        kafka->logs[i].group = (struct group_partition){.owner = KAFKA_NOBODY, .committed = -1};
    }
}

void fake_kafka_append(struct fake_kafka *kafka, uint8_t tp, uint32_t event, uint8_t gap)
{
    struct partition_log *log = &kafka->logs[tp];

    ASSERT(log->count < KAFKA_LOG_MAX);
    log->next_offset += gap;
    log->records[log->count++] = (struct log_record){.offset = log->next_offset++, .event = event};
}

uint32_t fake_kafka_seek(const struct fake_kafka *kafka, uint8_t tp, int64_t offset)
{
    const struct partition_log *log = &kafka->logs[tp];
    uint32_t i = 0;

    while (i < log->count && log->records[i].offset < offset)
        i++;
    return i;
}

int fake_kafka_member(const struct fake_kafka *kafka, uint32_t worker, uint64_t incarnation)
{
    for (int i = 0; i < KAFKA_MEMBERS_MAX; i++)
        if (kafka->members[i].used && kafka->members[i].worker == worker &&
            kafka->members[i].incarnation == incarnation)
            return i;
    return KAFKA_NOBODY;
}

int fake_kafka_join(struct fake_kafka *kafka, uint32_t worker, uint64_t incarnation)
{
    for (int i = 0; i < KAFKA_MEMBERS_MAX; i++)
        if (!kafka->members[i].used) {
            kafka->members[i] =
                (struct group_member){.used = true, .worker = worker, .incarnation = incarnation};
            return i;
        }
    UNREACHABLE("more members than processes");
}

void fake_kafka_leave(struct fake_kafka *kafka, int member)
{
    kafka->members[member].used = false;
    for (uint32_t i = 0; i < kafka->tps; i++)
        if (kafka->logs[i].group.owner == member) {
            kafka->logs[i].group.owner = KAFKA_NOBODY;
            kafka->logs[i].group.revoking = false;
        }
}

int fake_kafka_target(const struct fake_kafka *kafka, uint8_t tp)
{
    int members[KAFKA_MEMBERS_MAX];
    uint32_t count = 0;

    for (int i = 0; i < KAFKA_MEMBERS_MAX; i++)
        if (kafka->members[i].used && !kafka->members[i].leaving)
            members[count++] = i;
    return count ? members[(tp + kafka->rotation) % count] : KAFKA_NOBODY;
}
