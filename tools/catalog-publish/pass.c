/* The passes over the inputs: one that checks, one that sends. */
#include "run.h"

#include "common/hash128.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SAID_MAX = 100, CHECKPOINT_EVERY_MS = 1000, POLL_MS = 100, WAIT_MS = 200 };

void run_complain(struct run *run, const struct rows *rows, const char *field, const char *why)
{
    const char *column = field && field[0] ? rows_column(rows, field) : NULL;

    run->said++;
    if (run->said > SAID_MAX + 1)
        return;
    kit_progress_clear(&run->progress);
    if (run->said == SAID_MAX + 1)
        kit_complain(&run->options->cli, "further wrong rows are only counted");
    else if (column)
        kit_complain(&run->options->cli, "%s line %" PRIu64 ", column %s: %s", rows_input(rows), rows->line,
                     column, why);
    else
        kit_complain(&run->options->cli, "%s line %" PRIu64 ": %s", rows_input(rows), rows->line, why);
}

/* One row through everything that could refuse it. */
enum fate { FATE_SEND, FATE_PASS, FATE_WRONG };

static enum fate judge(struct run *run, const struct rows *rows, struct outgoing *record,
                       struct checked *checked, char *why)
{
    checked->field[0] = '\0';
    checked->catalog_index = -1;
    if (!event_make(&run->maker, record, rows->text, rows->len, why)) {
        const char *end = strncmp(why, "data.", 5) == 0 ? strchr(why, ' ') : NULL;

        if (end)
            snprintf(checked->field, sizeof checked->field, "%.*s", (int)(end - why), why);
        return FATE_WRONG;
    }
    if (run->options->raw)
        return FATE_SEND;
    if (!run->choice.all && !choice_has(&run->choice, record->key, record->sku))
        return FATE_PASS;
    if (!checker_check(&run->checker, record, checked, why) && !run->options->unchecked)
        return FATE_WRONG;
    return FATE_SEND;
}

static void show(struct run *run, const struct rows *rows, bool last)
{
    char text[160];
    int64_t elapsed_ms = kit_now_ms() - run->started_ms;

    if (!run->progress.shown)
        return;
    if (run->sender.rk)
        snprintf(text, sizeof text, "%" PRIu64 " sent, %" PRIu64 " confirmed, %.0f/s, %" PRIu64 " wrong",
                 run->sender.queued, run->sender.confirmed,
                 elapsed_ms > 0 ? (double)run->sender.confirmed * 1000 / (double)elapsed_ms : 0.0,
                 run->pass.invalid);
    else
        snprintf(text, sizeof text, "%" PRIu64 " rows checked, %" PRIu64 " wrong", run->pass.read,
                 run->pass.invalid);
    kit_progress_show(&run->progress, rows_bytes(rows), run->inputs.bytes, text, last);
}

bool run_check(struct run *run, bool again)
{
    struct rows rows;
    enum rows_verdict verdict;

    memset(&run->pass, 0, sizeof run->pass);
    rows_begin(&rows, run->options, &run->inputs, again);
    while ((verdict = rows_next(&rows)) == ROWS_ROW || verdict == ROWS_BAD) {
        struct outgoing record;
        struct checked checked;
        char why[WHY_SIZE];
        enum fate fate = FATE_WRONG;

        run->pass.read++;
        if (verdict == ROWS_ROW)
            fate = judge(run, &rows, &record, &checked, why);
        if (fate == FATE_WRONG) {
            run->pass.invalid++;
            run_complain(run, &rows, verdict == ROWS_ROW ? checked.field : NULL,
                         verdict == ROWS_ROW ? why : rows.why);
        } else if (fate == FATE_SEND) {
            run->pass.chosen++;
            run->pass.tombstones += !record.value;
            estimate_count(&run->estimate, checked.catalog_index);
        }
        show(run, &rows, false);
    }
    run->input_failed = run->input_failed || rows.failed;
    kit_progress_clear(&run->progress);
    rows_free(&rows);
    return verdict == ROWS_END;
}

/* ---- sending ---- */

static void keep(struct run *run, bool now, bool done)
{
    struct checkpoint *checkpoint = &run->checkpoint;
    int64_t now_ms;

    if (!run->options->resume || run->checkpoint_failed || run->tracker.reached < run->resumed)
        return;
    now_ms = kit_now_ms();
    if (!now && now_ms < run->checkpoint_ms)
        return;
    run->checkpoint_ms = now_ms + CHECKPOINT_EVERY_MS;
    checkpoint->rows = run->tracker.reached;
    checkpoint->hash = run->tracker.hash;
    checkpoint->invalid = run->invalid_before + run->tracker.wrong;
    checkpoint->done = done;
    memcpy(checkpoint->id_prefix, run->id_prefix, sizeof run->id_prefix);
    checkpoint->stamp = run->maker.stamp;
    run->checkpoint_failed = !checkpoint_write(checkpoint, run->options);
}

/* With --rate, event number n (from 0) is due n / rate seconds after the start. */
static void wait_for_turn(struct run *run, const struct rows *rows)
{
    int64_t due_ms;

    if (run->options->rate <= 0)
        return;
    due_ms = run->started_ms + (int64_t)((double)run->sender.queued * 1000 / run->options->rate);
    for (int64_t left = due_ms - kit_now_ms(); left > 0 && !kit_stop; left = due_ms - kit_now_ms()) {
        sender_poll(&run->sender, left > WAIT_MS ? WAIT_MS : (int)left);
        show(run, rows, false);
        keep(run, false, false);
    }
}

/* A row that an earlier run dealt with. True: it is, and the rows so far are the same ones. */
static bool passed_before(struct run *run, const struct rows *rows, uint64_t number)
{
    if (number >= run->resumed)
        return false;
    tracker_done(&run->tracker, number, true);
    if (number + 1 == run->resumed && !key128_eq(run->tracker.hash, run->checkpoint.hash)) {
        kit_complain(&run->options->cli,
                     "--resume %s: the first %" PRIu64
                     " rows are not those that were sent then (up to %s line %" PRIu64
                     "): nothing was sent now. Delete the file to send all of it anew",
                     run->options->resume, run->resumed, rows_input(rows), rows->line);
        run->refused = true;
    }
    return true;
}

static void send_row(struct run *run, const struct rows *rows, bool readable, uint64_t number, bool silent)
{
    struct outgoing record;
    struct checked checked;
    char why[WHY_SIZE];
    enum fate fate = readable ? judge(run, rows, &record, &checked, why) : FATE_WRONG;

    if (fate == FATE_WRONG) {
        run->pass.invalid++;
        tracker_wrong(&run->tracker, number);
        if (!silent)
            run_complain(run, rows, readable ? checked.field : NULL, readable ? why : rows->why);
    }
    if (fate != FATE_SEND) {
        tracker_done(&run->tracker, number, true);
        return;
    }
    run->pass.chosen++;
    wait_for_turn(run, rows);
    if (!kit_stop && sender_send(&run->sender, &record, number))
        run->pass.tombstones += !record.value;
}

static void wait_for_room(struct run *run)
{
    while (tracker_is_full(&run->tracker) && !kit_stop)
        sender_poll(&run->sender, POLL_MS);
}

void run_send(struct run *run, bool silent)
{
    struct rows rows;
    enum rows_verdict verdict;

    memset(&run->pass, 0, sizeof run->pass);
    rows_begin(&rows, run->options, &run->inputs, false);
    while (!run->refused && ((verdict = rows_next(&rows)) == ROWS_ROW || verdict == ROWS_BAD)) {
        bool readable = verdict == ROWS_ROW;
        uint64_t number;

        wait_for_room(run);
        if (kit_stop)
            break;
        run->pass.read++;
        number = tracker_add(&run->tracker, readable ? rows.text : rows.why,
                             readable ? rows.len : strlen(rows.why), rows.at, rows.line);
        if (passed_before(run, &rows, number))
            continue;
        send_row(run, &rows, readable, number, silent);
        sender_poll(&run->sender, 0);
        show(run, &rows, false);
        keep(run, false, false);
    }
    if (!kit_stop && !run->refused && run->tracker.next < run->resumed) {
        kit_complain(&run->options->cli,
                     "--resume %s: %" PRIu64 " rows were sent then, but now there are only %" PRIu64
                     ": are these the same files?",
                     run->options->resume, run->resumed, run->tracker.next);
        run->refused = true;
    }
    run->input_failed = run->input_failed || rows.failed;
    sender_flush(&run->sender);
    show(run, &rows, true);
    if (!run->refused)
        keep(run, true, !kit_stop && !run->input_failed && run->tracker.reached == run->tracker.next);
    rows_free(&rows);
}
