#include "tools/kit/progress.h"

#include "tools/kit/cli.h"

#include <stdio.h>
#include <unistd.h>

enum { EVERY_MS = 200, BAR_WIDTH = 30, EARLY_MS = 2000 };

void kit_progress_start(struct kit_progress *progress, bool quiet)
{
    *progress = (struct kit_progress){.shown = !quiet && isatty(STDERR_FILENO), .started_ms = kit_now_ms()};
}

void kit_progress_clear(const struct kit_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}

static void draw_bar(uint64_t done, uint64_t total)
{
    int filled = done >= total ? BAR_WIDTH : (int)((double)done * BAR_WIDTH / (double)total);

    fputc('[', stderr);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '#' : '.', stderr);
    fputs("] ", stderr);
}

static void draw_left(int64_t elapsed_ms, uint64_t done, uint64_t total)
{
    int64_t left_s;

    if (elapsed_ms < EARLY_MS || done == 0 || done >= total)
        return;
    left_s = (int64_t)((double)elapsed_ms * (double)(total - done) / (double)done / 1000) + 1;
    if (left_s >= 3600)
        fprintf(stderr, ", %lld h %lld min left", (long long)(left_s / 3600), (long long)(left_s / 60 % 60));
    else if (left_s >= 60)
        fprintf(stderr, ", %lld min %lld s left", (long long)(left_s / 60), (long long)(left_s % 60));
    else
        fprintf(stderr, ", %lld s left", (long long)left_s);
}

void kit_progress_show(struct kit_progress *progress, uint64_t done, uint64_t total, const char *text,
                       bool last)
{
    int64_t now = kit_now_ms();

    if (!progress->shown || (!last && now < progress->next_ms))
        return;
    progress->next_ms = now + EVERY_MS;
    kit_progress_clear(progress);
    if (total > 0)
        draw_bar(done, total);
    fputs(text, stderr);
    if (total > 0)
        draw_left(now - progress->started_ms, done, total);
    if (last)
        fputc('\n', stderr);
}
