/* The end of a run, for people and for programs. */
#include "run.h"

#include "common/sbuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { JSON_BYTES = 8192 };

static bool is_ok(const struct run *run)
{
    return !kit_stop && !run->input_failed && !run->refused && !run->checkpoint_failed &&
           run->pass.invalid == 0 && run->invalid_before == 0 && run->sender.failed == 0 && run->missing == 0;
}

static void say_rest(const struct run *run, struct sbuf *out)
{
    if (run->pass.invalid)
        sbuf_printf(out, "; %" PRIu64 " wrong rows not sent", run->pass.invalid);
    if (run->invalid_before)
        sbuf_printf(out, "; %" PRIu64 " wrong rows in the runs before", run->invalid_before);
    if (run->sender.failed)
        sbuf_printf(out, "; %" PRIu64 " not delivered", run->sender.failed);
    if (run->missing)
        sbuf_printf(out, "; %" PRIu64 " chosen ids not found", run->missing);
    if (kit_stop)
        sbuf_puts(out, run->options->resume ? "; stopped before the end: run it again to go on"
                                            : "; stopped before the end");
}

static void say(const struct run *run, int64_t elapsed_ms)
{
    struct sbuf out;

    sbuf_init(&out, JSON_BYTES);
    if (run->options->dry_run)
        sbuf_printf(&out, "%" PRIu64 " of %" PRIu64 " rows would be sent to %s; nothing was (--dry-run)",
                    run->pass.chosen, run->pass.read, run->topic);
    else if (run->refused)
        sbuf_puts(&out, "nothing was sent");
    else
        sbuf_printf(&out, "%" PRIu64 " of %" PRIu64 " rows confirmed on %s in %.1f s", run->sender.confirmed,
                    run->pass.read - run->resumed, run->topic, (double)elapsed_ms / 1000);
    if (run->resumed && !run->refused)
        sbuf_printf(&out, "; %" PRIu64 " were dealt with before", run->resumed);
    say_rest(run, &out);
    kit_complain(&run->options->cli, "%s", sbuf_str(&out));
    if (run->options->type == TYPE_RESYNC && run->sender.confirmed > 0 && !run->options->id_prefix)
        kit_complain(
            &run->options->cli,
            "their ids begin with %s: with --id-prefix %s the same re-sync is repeated without a call",
            run->id_prefix, run->id_prefix);
    sbuf_free(&out);
}

static void put_number(struct sbuf *out, const char *name, uint64_t number)
{
    sbuf_printf(out, ",\"%s\":%" PRIu64, name, number);
}

static void print_json(const struct run *run, bool ok, int64_t elapsed_ms)
{
    struct sbuf out;

    sbuf_init(&out, JSON_BYTES);
    sbuf_printf(&out, "{\"ok\":%s", ok ? "true" : "false");
    put_number(&out, "read", run->pass.read);
    put_number(&out, "chosen", run->pass.chosen);
    put_number(&out, "published", run->sender.confirmed);
    put_number(&out, "failed", run->sender.failed);
    put_number(&out, "invalid", run->pass.invalid + run->invalid_before);
    put_number(&out, "tombstones", run->pass.tombstones);
    put_number(&out, "resumed", run->resumed);
    put_number(&out, "not_found", run->missing);
    sbuf_printf(&out, ",\"interrupted\":%s,\"refused\":%s,\"dry_run\":%s", kit_stop ? "true" : "false",
                run->refused ? "true" : "false", run->options->dry_run ? "true" : "false");
    if (run->options->type == TYPE_RESYNC)
        put_number(&out, "takes_ms", (uint64_t)run->estimate.takes_ms);
    put_number(&out, "elapsed_ms", (uint64_t)elapsed_ms);
    sbuf_puts(&out, ",\"id_prefix\":");
    sbuf_put_json(&out, run->id_prefix, strlen(run->id_prefix));
    sbuf_puts(&out, ",\"topic\":");
    sbuf_put_json(&out, run->topic, strlen(run->topic));
    sbuf_puts(&out, "}");
    puts(sbuf_str(&out));
    sbuf_free(&out);
}

int run_summarise(const struct run *run)
{
    int64_t elapsed_ms = kit_now_ms() - run->started_ms;
    bool ok = is_ok(run);

    if (!run->options->quiet)
        say(run, elapsed_ms);
    if (run->options->json)
        print_json(run, ok, elapsed_ms);
    return ok ? KIT_DONE : KIT_FAILED;
}
