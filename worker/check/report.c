#include "worker/check/report.h"

#include "common/textsafe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { GROW = 16, SCRATCH_BYTES = 2048 };

void check_report_init(struct check_report *report)
{
    memset(report, 0, sizeof *report);
    pthread_mutex_init(&report->lock, NULL);
}

void check_report_free(struct check_report *report)
{
    free(report->lines);
    pthread_mutex_destroy(&report->lock);
}

static struct check_line *add(struct check_report *report)
{
    if (report->count == CHECK_LINES_MAX) {
        report->dropped++;
        return NULL;
    }
    if (report->count % GROW == 0) {
        void *more = realloc(report->lines, (report->count + GROW) * sizeof *report->lines);

        if (!more) {
            report->dropped++;
            return NULL;
        }
        report->lines = more;
    }
    return &report->lines[report->count++];
}

static void put(char *out, size_t size, const char *text)
{
    textsafe_copy(out, size, text ? text : "", text ? strlen(text) : 0);
}

void check_say(struct check_report *report, enum check_state state, const char *id, const char *subject,
               const char *mend, const char *found, ...)
{
    char text[SCRATCH_BYTES];
    struct check_line *line;
    va_list list;

    va_start(list, found);
    vsnprintf(text, sizeof text, found, list);
    va_end(list);
    pthread_mutex_lock(&report->lock);
    line = add(report);
    if (line) {
        *line = (struct check_line){.state = state};
        put(line->id, sizeof line->id, id);
        put(line->subject, sizeof line->subject, subject);
        put(line->found, sizeof line->found, text);
        put(line->mend, sizeof line->mend, mend);
    }
    pthread_mutex_unlock(&report->lock);
}

/* Whether `list`, split by commas, holds `word`. */
static bool names(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (*list) {
        size_t part = strcspn(list, ",");

        if (part == len && strncmp(list, word, len) == 0)
            return true;
        list += part + (list[part] == ',');
    }
    return false;
}

void check_accept(struct check_report *report, const char *accept)
{
    pthread_mutex_lock(&report->lock);
    for (size_t i = 0; accept && i < report->count; i++) {
        struct check_line *line = &report->lines[i];
        bool by_state = line->state != CHECK_FAIL && names(accept, check_state_name(line->state));

        line->accepted = line->state != CHECK_OK && (by_state || names(accept, line->id));
    }
    pthread_mutex_unlock(&report->lock);
}

const char *check_state_name(enum check_state state)
{
    static const char *const words[] = {"ok", "warn", "unknown", "FAIL"};

    return words[state];
}

bool check_passed(const struct check_sums *sums)
{
    return sums->states[CHECK_WARN] + sums->states[CHECK_UNKNOWN] + sums->states[CHECK_FAIL] == 0;
}

const char *check_span(int64_t ms, char out[32])
{
    static const struct {
        int64_t size;
        const char *name;
    } units[] = {{86400000, "day"}, {3600000, "hour"}, {60000, "minute"}, {1000, "second"}};

    if (ms < 0) {
        snprintf(out, 32, "for ever");
        return out;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t n = ms / units[i].size;

        if (ms == 0 || ms % units[i].size != 0)
            continue;
        snprintf(out, 32, "%" PRId64 " %s%s", n, units[i].name, n == 1 ? "" : "s");
        return out;
    }
    snprintf(out, 32, "%" PRId64 " ms", ms);
    return out;
}
