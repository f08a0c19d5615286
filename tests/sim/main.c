/* catalog-simtest: runs seeds of the simulated world, alone or over several processes. */
#include "tests/sim/golden.h"
#include "tests/sim/model.h"
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

#include "common/assertx.h"
#include "worker/core/mutant.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum core_mutant core_mutant = MUTANT_NONE;

static const char *const mutant_names[MUTANT_COUNT] = {"NONE",
#define X(name) #name,
                                                       CORE_MUTANT_LIST(X)
#undef X
};

struct options {
    uint64_t from, to;
    const char *golden;
    bool golden_update;
    uint64_t model;
    bool trace, settings, coverage, marks, all;
    uint32_t jobs;
};

static struct world world;
static struct marks marks;

static bool run_seed(uint64_t seed, const struct options *options)
{
    struct sim_settings settings;

    settings_draw(&settings, seed);
    if (options->settings)
        settings_print(&settings, stdout);
    world_init(&world, &settings);
    world.marks = &marks;
    world.trace = options->trace ? stdout : NULL;
    workload_draw(&world.workload, &settings, &world.rng);
    troubles_begin(&world);
    assertx_set_hook(world_assertion_failed, &world);
    world_run(&world);
    marks.runs++;
    marks.steps += world.steps;
    if (!world.failed)
        return true;
    fflush(stdout);
    printf("seed %llu failed: %s\n", (unsigned long long)seed, world.failure);
    printf("again, with its story: catalog-simtest --seed %llu --trace --settings%s%s\n",
           (unsigned long long)seed, core_mutant ? " --mutant " : "",
           core_mutant ? mutant_names[core_mutant] : "");
    return false;
}

static bool run_seeds(const struct options *options, uint64_t first, uint64_t step)
{
    bool ok = true;

    for (uint64_t seed = first; seed <= options->to && (ok || options->all); seed += step)
        ok = run_seed(seed, options) && ok;
    return ok;
}

/* One process a job; each sends its marks home through a pipe. */
static bool run_jobs(const struct options *options)
{
    int pipes[64];
    pid_t pids[64];
    bool ok = true;

    for (uint32_t j = 0; j < options->jobs; j++) {
        int ends[2];

        fflush(stdout);
        if (pipe(ends) != 0 || (pids[j] = fork()) < 0) {
            fprintf(stderr, "catalog-simtest: cannot start a job: %s\n", strerror(errno));
            exit(1);
        }
        if (pids[j] == 0) {
            bool good = run_seeds(options, options->from + j, options->jobs);

            fflush(stdout);
            if (write(ends[1], &marks, sizeof marks) != (ssize_t)sizeof marks)
                _exit(1);
            _exit(good ? 0 : 1);
        }
        close(ends[1]);
        pipes[j] = ends[0];
    }
    for (uint32_t left = options->jobs; left > 0; left--) {
        int status;
        pid_t ended = wait(&status);

        if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
            continue;
        if (ok && !options->all) /* one failing seed is enough: the others need not go on */
            for (uint32_t j = 0; j < options->jobs; j++)
                if (pids[j] != ended)
                    kill(pids[j], SIGTERM);
        ok = false;
    }
    for (uint32_t j = 0; j < options->jobs; j++) {
        struct marks part;

        if (read(pipes[j], &part, sizeof part) == (ssize_t)sizeof part)
            marks_add(&marks, &part);
        close(pipes[j]);
    }
    return ok;
}

static int usage(void)
{
    fprintf(
        stderr,
        "usage: catalog-simtest [--seeds FROM-TO] [--jobs N] [--all] [--coverage] [--marks] [--mutant NAME]\n"
        "       catalog-simtest --seed N [--trace] [--settings] [--mutant NAME]\n"
        "       catalog-simtest --mutants\n"
        "       catalog-simtest --golden DIR | --golden-update DIR\n"
        "       catalog-simtest --model FAULTS\n"
        "  --coverage  fails when an interesting thing never happened in all the seeds\n"
        "  --marks     prints how often each happened\n");
    return 2;
}

static bool number(const char *text, uint64_t *value, char **end)
{
    errno = 0;
    *value = strtoull(text, end, 10);
    return errno == 0 && *end != text;
}

static bool take_seeds(const char *text, struct options *options)
{
    char *end;

    if (!number(text, &options->from, &end) || *end != '-')
        return false;
    return number(end + 1, &options->to, &end) && *end == '\0' && options->to >= options->from;
}

static bool take_mutant(const char *name)
{
    for (int i = 1; i < MUTANT_COUNT; i++)
        if (strcmp(mutant_names[i], name) == 0) {
            core_mutant = (enum core_mutant)i;
            return true;
        }
    fprintf(stderr, "catalog-simtest: no mutant is called %s (--mutants lists them)\n", name);
    return false;
}

static bool take_option(int argc, char **argv, int *i, struct options *options)
{
    const char *name = argv[*i], *value = *i + 1 < argc ? argv[*i + 1] : NULL;
    char *end;
    uint64_t n;

    if (strcmp(name, "--trace") == 0)
        return options->trace = true;
    if (strcmp(name, "--settings") == 0)
        return options->settings = true;
    if (strcmp(name, "--coverage") == 0)
        return options->coverage = true;
    if (strcmp(name, "--all") == 0)
        return options->all = true;
    if (strcmp(name, "--marks") == 0)
        return options->marks = true;
    if (!value)
        return false;
    ++*i;
    if (strcmp(name, "--seeds") == 0)
        return take_seeds(value, options);
    if (strcmp(name, "--golden") == 0 || strcmp(name, "--golden-update") == 0) {
        options->golden = value;
        options->golden_update = strcmp(name, "--golden-update") == 0;
        return true;
    }
    if (strcmp(name, "--mutant") == 0)
        return take_mutant(value);
    if (!number(value, &n, &end) || *end != '\0')
        return false;
    if (strcmp(name, "--seed") == 0)
        options->from = options->to = n;
    else if (strcmp(name, "--model") == 0 && n >= 1 && n <= 4)
        options->model = n;
    else if (strcmp(name, "--jobs") == 0 && n >= 1 && n <= 64)
        options->jobs = (uint32_t)n;
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.from = 1, .to = 100, .jobs = 1};
    bool ok;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--mutants") == 0) {
            for (int m = 1; m < MUTANT_COUNT; m++)
                puts(mutant_names[m]);
            return 0;
        }
        if (!take_option(argc, argv, &i, &options))
            return usage();
    }
    if (options.model)
        return model_run(&world, &marks, (uint32_t)options.model) ? 0 : 1;
    if (options.golden)
        return golden_run(&world, &marks, options.golden, options.golden_update) ? 0 : 1;
    ok = options.jobs > 1 ? run_jobs(&options) : run_seeds(&options, options.from, 1);
    if (options.marks)
        marks_print(&marks, stdout);
    if (ok && options.coverage && marks_missing(&marks, stdout) > 0)
        ok = false;
    if (ok)
        printf("%llu seeds, %llu steps: all promises held\n", (unsigned long long)marks.runs,
               (unsigned long long)marks.steps);
    return ok ? 0 : 1;
}
