/* Where the partitions end that are not read now. The client hears of a partition's end when it fetches from
 * it; of one that is paused it hears nothing, and its lag would stand still while the log grows. */
#include "worker/adapters/kafka_source_impl.h"

enum { ASK_EVERY_US = 5000000, ASK_TIMEOUT_MS = 1000 };

static void ask_later(struct kafka_source *source);

/* Of an answer that came meanwhile the partition may have been given away and taken again: an end is true
 * whoever asked. */
static void on_ends(void *arg, const struct ends_answer *answer)
{
    struct kafka_source *source = arg;
    struct idle_ends *idle = &source->idle_ends;

    for (int32_t i = 0; answer->ok && i < answer->count; i++) {
        uint16_t index = parts_find(&source->parts, idle->topic, idle->numbers[i]);
        if (index != PARTS_NONE) {
            source->parts.list[index].end = answer->end[i];
        }
    }
    idle->answered = true;
}

/* The paused partitions of the next topic that has some; false: none has. */
static bool choose(struct kafka_source *source)
{
    struct idle_ends *idle = &source->idle_ends;

    for (size_t n = 0; n < source->parts.topics_count; n++) {
        uint16_t topic = (uint16_t)((idle->next_topic + n) % source->parts.topics_count);
        idle->count = 0;
        for (size_t i = 0; i < CORE_PARTITIONS_MAX && source->parts.list[i].used; i++) {
            const struct part *part = &source->parts.list[i];
            if (part->state == PART_ASSIGNED && part->paused && part->topic == topic) {
                idle->numbers[idle->count++] = part->number;
            }
        }
        if (idle->count > 0) {
            idle->topic = source->parts.topics[topic].name;
            idle->next_topic = (uint16_t)(topic + 1);
            return true;
        }
    }
    return false;
}

/* No second question while one is under way: its broker may not answer. */
static void ask(void *arg)
{
    struct kafka_source *source = arg;
    struct idle_ends *idle = &source->idle_ends;

    if (idle->answered || !idle->asked) {
        kafka_ends_free(idle->asked);
        idle->asked = NULL;
        idle->answered = false;
        if (choose(source)) {
            idle->asked = kafka_ends_ask(source->loop, source->rk, idle->topic, idle->numbers, idle->count,
                                         ASK_TIMEOUT_MS, on_ends, source);
        }
    }
    ask_later(source);
}

static void ask_later(struct kafka_source *source)
{
    loop_timer_set(source->loop, &source->idle_ends.timer,
                   loop_now_us(source->loop) + ASK_EVERY_US / (usec_t)source->parts.topics_count, ask,
                   source);
}

void source_idle_ends_start(struct kafka_source *source)
{
    ask_later(source);
}

void source_idle_ends_stop(struct kafka_source *source)
{
    loop_timer_clear(source->loop, &source->idle_ends.timer);
    kafka_ends_free(source->idle_ends.asked);
    source->idle_ends.asked = NULL;
}
