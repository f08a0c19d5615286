/* catalog-publish: product events from JSON lines to Kafka, every record confirmed. */
#include "event.h"
#include "lines.h"
#include "sender.h"
#include "settings.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ARENA_BYTES       (4 * 1024 * 1024)
#define PROGRESS_EVERY_MS 200
#define BAR_WIDTH         30

static volatile sig_atomic_t stop, hurry; /* first and second Ctrl-C */

struct run {
    struct settings settings;
    struct sender sender;
    struct lines lines;
    struct arena arena;
    unsigned long long read, invalid, tombstones;
    unsigned long long bytes_total, bytes_before; /* of files; 0 when one input has no known size */
    int64_t started_ms, progress_ms;
    bool progress, input_failed;
};

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void on_signal(int number)
{
    (void)number;
    hurry = stop;
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The size of all inputs together, or 0 when one of them (a pipe) has none. */
static unsigned long long total_size(const struct settings *settings)
{
    unsigned long long total = 0;

    for (int i = 0; i < settings->inputs_count; i++) {
        struct stat st;

        if (!strcmp(settings->inputs[i], "-") || stat(settings->inputs[i], &st) || !S_ISREG(st.st_mode))
            return 0;
        total += (unsigned long long)st.st_size;
    }
    return total;
}

static void show_progress(struct run *run, bool last)
{
    int64_t now = now_ms();
    unsigned long long done = run->bytes_before + run->lines.bytes_read - (run->lines.to - run->lines.from);
    double seconds = (double)(now - run->started_ms) / 1000;

    if (!run->progress || (!last && now < run->progress_ms))
        return;
    run->progress_ms = now + PROGRESS_EVERY_MS;
    fputs("\r\033[K", stderr);
    if (run->bytes_total > 0) {
        int filled = done >= run->bytes_total ? BAR_WIDTH : (int)(done * BAR_WIDTH / run->bytes_total);

        fputc('[', stderr);
        for (int i = 0; i < BAR_WIDTH; i++)
            fputc(i < filled ? '#' : '.', stderr);
        fputs("] ", stderr);
    }
    fprintf(stderr, "%llu sent, %llu confirmed, %.0f/s", run->sender.queued, run->sender.confirmed,
            seconds > 0 ? (double)run->sender.confirmed / seconds : 0.0);
    if (run->invalid || run->sender.failed)
        fprintf(stderr, ", %llu bad lines, %llu failed", run->invalid, run->sender.failed);
    if (last)
        fputc('\n', stderr);
}

/* With --rate, event number n (from 0) is due n / rate seconds after the start. */
static void wait_for_turn(struct run *run)
{
    int64_t due_ms;

    if (run->settings.rate <= 0)
        return;
    due_ms = run->started_ms + (int64_t)((double)run->sender.queued * 1000 / run->settings.rate);
    for (int64_t left = due_ms - now_ms(); left > 0 && !stop; left = due_ms - now_ms()) {
        sender_poll(&run->sender, left > PROGRESS_EVERY_MS ? PROGRESS_EVERY_MS : (int)left);
        show_progress(run, false);
    }
}

static void report_line(struct run *run, const char *input, const char *why)
{
    run->invalid++;
    if (run->progress)
        fputs("\r\033[K", stderr);
    fprintf(stderr, "catalog-publish: %s line %llu: %s\n", strcmp(input, "-") ? input : "standard input",
            run->lines.number, why);
}

static void publish_line(struct run *run, const char *input, const char *line, size_t len)
{
    struct record record;
    char why[WHY_MAX];

    run->read++;
    if (!event_make(&record, &run->arena, &run->settings, line, len, why)) {
        report_line(run, input, why);
        return;
    }
    wait_for_turn(run);
    if (stop)
        return;
    if (sender_send(&run->sender, &record, run->lines.number, &stop) && !record.value)
        run->tombstones++;
    sender_poll(&run->sender, 0);
    show_progress(run, false);
}

static void publish_input(struct run *run, const char *input)
{
    int err = lines_open(&run->lines, input);
    const char *line;
    size_t len;

    if (err) {
        fprintf(stderr, "catalog-publish: %s: %s\n", input, strerror(err));
        run->input_failed = true;
        return;
    }
    for (;;) {
        switch (lines_next(&run->lines, &line, &len, &stop)) {
        case LINES_LINE: publish_line(run, input, line, len); continue;
        case LINES_TOO_LONG:
            run->read++;
            report_line(run, input, "longer than 1 MiB");
            continue;
        case LINES_FAILED:
            perror("catalog-publish: reading");
            run->input_failed = true;
            break;
        case LINES_END:
        case LINES_STOPPED: break;
        }
        break;
    }
    run->bytes_before += run->lines.bytes_read;
    run->lines.bytes_read = run->lines.from = run->lines.to = 0;
    lines_close(&run->lines);
}

static void put_json_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar((unsigned char)*text < 0x20 ? ' ' : *text);
    }
    putchar('"');
}

static void summarise(const struct run *run, bool ok)
{
    const struct sender *sender = &run->sender;
    long long elapsed_ms = (long long)(now_ms() - run->started_ms);

    if (!run->settings.quiet) {
        fprintf(stderr, "catalog-publish: %llu of %llu lines confirmed on %s in %.1f s", sender->confirmed,
                run->read, run->settings.topic, (double)elapsed_ms / 1000);
        if (run->invalid)
            fprintf(stderr, "; %llu bad lines not sent", run->invalid);
        if (sender->failed)
            fprintf(stderr, "; %llu not delivered", sender->failed);
        fputs(stop ? "; stopped before the end\n" : "\n", stderr);
    }
    if (!run->settings.json)
        return;
    printf("{\"ok\":%s,\"read\":%llu,\"published\":%llu,\"failed\":%llu,\"invalid\":%llu,\"tombstones\":%llu,"
           "\"interrupted\":%s,\"elapsed_ms\":%lld,\"topic\":",
           ok ? "true" : "false", run->read, sender->confirmed, sender->failed, run->invalid, run->tombstones,
           stop ? "true" : "false", elapsed_ms);
    put_json_text(run->settings.topic);
    puts("}");
}

int main(int argc, char **argv)
{
    static struct run run;
    bool ok;

    switch (settings_read(&run.settings, argc, argv)) {
    case SETTINGS_RUN: break;
    case SETTINGS_DONE: return 0;
    case SETTINGS_WRONG: return 2;
    }
    catch_signals();
    run.arena = (struct arena){.at = malloc(ARENA_BYTES), .size = ARENA_BYTES};
    if (!run.arena.at) {
        fputs("catalog-publish: no memory\n", stderr);
        return 1;
    }
    if (!sender_open(&run.sender, &run.settings)) {
        free(run.arena.at);
        return 2;
    }
    run.started_ms = now_ms();
    run.bytes_total = total_size(&run.settings);
    run.progress = isatty(STDERR_FILENO) && !run.settings.quiet;
    for (int i = 0; i < run.settings.inputs_count && !stop; i++)
        publish_input(&run, run.settings.inputs[i]);
    sender_flush(&run.sender, &hurry);
    show_progress(&run, true);
    ok = !stop && !run.input_failed && run.invalid == 0 && run.sender.failed == 0;
    summarise(&run, ok);
    sender_close(&run.sender);
    free(run.lines.buffer);
    free(run.arena.at);
    return ok ? 0 : 1;
}
