#include "publish.h"

#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The one topic of a list; NULL with a message where it is none or several. */
static const char *only_topic(const struct options *options, const struct config_list *list, const char *key)
{
    if (options->topic)
        return options->topic;
    if (list->count == 1)
        return list->items[0];
    kit_complain(&options->cli, "%s names %s: choose one with --topic", key,
                 list->count ? "several topics" : "no topic");
    return NULL;
}

/* A re-sync is meant each time it is asked for, so its ids must be others each time. */
static void make_prefix(struct run *run)
{
    time_t now = (time_t)(kit_wall_ms() / 1000);
    char moment[32] = "";
    struct tm tm;

    if (run->options->id_prefix) {
        snprintf(run->id_prefix, sizeof run->id_prefix, "%s", run->options->id_prefix);
    } else if (run->options->type == TYPE_RESYNC) {
        if (gmtime_r(&now, &tm))
            strftime(moment, sizeof moment, "%Y%m%dT%H%M%SZ", &tm);
        snprintf(run->id_prefix, sizeof run->id_prefix, "resync-%s-%ld-", moment, (long)getpid());
    }
}

/* What an earlier run decided stands, so that its events and ours are the same. False: exit 2. */
static bool read_checkpoint(struct run *run, int64_t *stamp)
{
    int found;

    if (!run->options->resume)
        return true;
    found = checkpoint_read(&run->checkpoint, run->options, checkpoint_run(run->options, run->topic));
    if (found <= 0)
        return found == 0;
    run->resumed = run->checkpoint.rows;
    run->invalid_before = run->checkpoint.invalid;
    memcpy(run->id_prefix, run->checkpoint.id_prefix, sizeof run->id_prefix);
    *stamp = run->checkpoint.stamp;
    return true;
}

/* Everything that can be wrong before the first row. False with a message on stderr. */
static bool prepare(struct run *run)
{
    const struct options *options = run->options;
    const struct config *config = run->config;
    int64_t stamp = options->stamp < 0 ? kit_wall_ms() * 1000 : options->stamp;
    char error[CHECK_ERROR_SIZE];
    bool resync = options->type == TYPE_RESYNC;

    run->topic = only_topic(options, resync ? &config->topic_events_bulk : &config->topic_events,
                            resync ? "topic.events.bulk" : "topic.events");
    if (!run->topic || !inputs_find(&run->inputs, options) || !choice_read(&run->choice, options))
        return false;
    if (!checker_init(&run->checker, config, error)) {
        kit_complain(&options->cli, "%s", error);
        return false;
    }
    make_prefix(run);
    if (!read_checkpoint(run, &stamp))
        return false;
    if (maker_init(&run->maker, options, run->topic, run->id_prefix, stamp) && tracker_init(&run->tracker))
        return true;
    kit_complain(&options->cli, "no memory");
    return false;
}

static void refuse(struct run *run, const char *why)
{
    if (why)
        kit_complain(&run->options->cli, "%s", why);
    run->refused = true;
}

/* The pass before the first event is sent, where one is wanted. True: go on and send. */
static bool check_first(struct run *run)
{
    const struct options *options = run->options;
    bool resync = options->type == TYPE_RESYNC;

    if (!run_check(run, !options->dry_run))
        return false;
    if (resync) {
        estimate_say(&run->estimate, options, run->config);
        if (run->config->kafka_bootstrap_servers[0] &&
            !estimate_fits(&run->estimate, options, run->config, run->topic)) {
            refuse(run, NULL);
            return false;
        }
    }
    if (options->dry_run)
        return false;
    if (options->strict && (run->pass.invalid || run->input_failed)) {
        refuse(run, "nothing is sent, since not all rows are right (--strict)");
        return false;
    }
    return true;
}

static void free_run(struct run *run)
{
    sender_close(&run->sender);
    tracker_free(&run->tracker);
    maker_free(&run->maker);
    choice_free(&run->choice);
    inputs_free(&run->inputs);
}

int publish(const struct options *options, const struct config *config)
{
    static struct run run;
    bool checked = options->strict || options->dry_run || options->type == TYPE_RESYNC;
    bool send = true;
    int code;

    run = (struct run){.options = options, .config = config, .started_ms = kit_now_ms()};
    if (!prepare(&run)) {
        free_run(&run);
        return KIT_USAGE;
    }
    kit_progress_start(&run.progress, options->quiet);
    if (checked)
        send = check_first(&run);
    if (send && !sender_open(&run.sender, &options->cli, config, &run.tracker)) {
        free_run(&run);
        return KIT_USAGE;
    }
    if (send) {
        kit_progress_start(&run.progress, options->quiet);
        run.started_ms = kit_now_ms();
        run_send(&run, checked);
    }
    if (!run.choice.all && !kit_stop)
        run.missing = choice_missing(&run.choice, options);
    code = run_summarise(&run);
    free_run(&run);
    return code;
}
