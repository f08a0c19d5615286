#include "adopt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* True if the matches are to be recorded. */
static bool confirmed(const struct adopt *adopt, uint64_t matches)
{
    char answer[16] = "";

    if (adopt->options->yes)
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        kit_complain(&adopt->options->cli,
                     "nothing is recorded yet: look at the report, then run it again with --yes");
        return false;
    }
    fprintf(stderr,
            "catalog-publish: record the %" PRIu64 " that match, so that workers update them by id? [y/N] ",
            matches);
    if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
        return true;
    kit_complain(&adopt->options->cli, "nothing is recorded");
    return false;
}

static bool all_fine(const struct adopt *adopt)
{
    uint64_t fine = adopt_number(adopt, ADOPT_RECORDED) + adopt_number(adopt, ADOPT_REMEMBERED);

    if (adopt->options->dry_run)
        fine += adopt_number(adopt, ADOPT_MATCH);
    return !adopt->failed && !kit_stop && adopt->wrong == 0 && fine == adopt->count;
}

static void tell(const struct adopt *adopt)
{
    if (!adopt->options->quiet)
        adopt_tell(adopt);
}

static void carry_out(struct adopt *adopt)
{
    uint64_t matches;

    if (!adopt_read(adopt) || !adopt_look(adopt)) {
        adopt->failed = true;
        return;
    }
    tell(adopt);
    matches = adopt_number(adopt, ADOPT_MATCH);
    if (adopt->options->dry_run || matches == 0)
        return;
    if (!confirmed(adopt, matches)) {
        adopt->failed = true;
        return;
    }
    if (!adopt_record(adopt))
        adopt->failed = true;
    tell(adopt);
}

int adopt(const struct options *options, const struct config *config)
{
    struct adopt adopt = {.options = options, .config = config};
    bool ok;

    if (!inputs_find(&adopt.inputs, options)) {
        inputs_free(&adopt.inputs);
        return KIT_USAGE;
    }
    kit_progress_start(&adopt.progress, options->quiet);
    carry_out(&adopt);
    if (!adopt_write_report(&adopt))
        adopt.failed = true;
    ok = all_fine(&adopt);
    if (options->json)
        adopt_print_json(&adopt, ok);
    for (size_t i = 0; i < adopt.count; i++)
        free(adopt.rows[i].product_id);
    free(adopt.rows);
    inputs_free(&adopt.inputs);
    return ok ? KIT_DONE : KIT_FAILED;
}
