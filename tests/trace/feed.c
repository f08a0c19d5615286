/* Feeds a story's inputs to the real core, as a shell would: a step an input, and steps at once where it asks
 * for another turn. */
#include "tests/trace/trace.h"

#include "common/assertx.h"

#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 100 };

static const usec_t ms = 1000, start_us = 1000 * 1000;

static void step(struct trace *trace, struct input *in, struct text *text)
{
    struct core_stats stats;

    in->now_us = trace->now_us;
    core_step(trace->core, in, &trace->out);
    core_check(trace->core);
    if (text)
        outputs_show(trace, text);
    core_stats(trace->core, &stats);
    if (text && stats.stale_replies > trace->stale_replies)
        text_add(text, "< too late, dropped\n");
    trace->stale_replies = stats.stale_replies;
    for (int i = 0; core_deadline_us(trace->core) <= trace->now_us; i++) {
        struct input tick = {.type = IN_TICK, .now_us = trace->now_us};

        ASSERT(i < TURNS_MAX);
        core_step(trace->core, &tick, &trace->out);
        core_check(trace->core);
        if (text)
            outputs_show(trace, text);
    }
}

/* What every story but that of the store itself takes for granted. */
static void begin(struct trace *trace, const struct words *words)
{
    size_t size_bytes = core_size(&trace->settings);
    void *mem = size_bytes > 0 ? calloc(1, size_bytes) : NULL;
    struct input up = {.type = IN_STORE_UP};
    struct input viewed = {.type = IN_STORE_VIEWED,
                           .u.view = {.answered = true, .witness_ok = true, .epoch = 1, .ready = true}};
    struct input assigned = {.type = IN_ASSIGNED, .u.assigned.assignment = 1};

    if (!mem)
        trace_fail(words, "the settings break a bound of the core", "!");
    trace->now_us = start_us;
    trace->core = core_init(mem, &trace->settings, trace->now_us);
    if (trace->cold)
        return;
    trace->assignment = 1;
    step(trace, &up, NULL);
    step(trace, &viewed, NULL);
    step(trace, &assigned, NULL);
}

static void wait_for_deadline(struct trace *trace, struct text *text)
{
    struct input tick = {.type = IN_TICK};
    usec_t due_us = core_deadline_us(trace->core);

    if (due_us == INT64_MAX) {
        text_add(text, "< nothing to wait for\n");
        return;
    }
    text_add(text, "< after %lldms\n", (long long)((due_us - trace->now_us) / ms));
    trace->now_us = due_us;
    step(trace, &tick, text);
}

void trace_feed(struct trace *trace, struct words *words, struct text *text)
{
    uint32_t before = text->size_bytes;
    usec_t later_us = ms;
    struct input in;

    if (!trace->core)
        begin(trace, words);
    if (words->count > 0 && words->word[0][0] == '+')
        later_us = words_parse(words, words_take(words, "+ms") + 1) * ms;
    if (words->next < words->count && strcmp(words->word[words->next], "wait") == 0) {
        words_take(words, "wait");
        words_end(words);
        wait_for_deadline(trace, text);
        return;
    }
    trace->now_us += later_us;
    input_read(trace, words, &in);
    step(trace, &in, text);
    if (text->size_bytes == before)
        text_add(text, "< nothing\n");
}

void trace_end(struct trace *trace)
{
    free(trace->core); /* the memory given to core_init */
    trace->core = NULL;
}
