/* catalog-model: every sequence of faults within a bound, of the small case, without one left out. */
#include "tests/model/model.h"

#include "worker/core/mutant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum core_mutant core_mutant = MUTANT_NONE;

static const char *const mutant_names[MUTANT_COUNT] = {"NONE",
#define X(name) #name,
                                                       CORE_MUTANT_LIST(X)
#undef X
};

static const char *const api_names[API_COUNT] = {"upsert", "duplicate-with-id", "duplicate"};

#define EVENT(what, v, s, c, i)                                                                              \
    {                                                                                                        \
        .intent = INTENT_##what, .version = (v), .sku = (s), .content = (c), .identity = (i)                 \
    }

static const struct scenario scenarios[] = {
    {"create", 1, 1, {EVENT(UPSERT, 10, 1, 1, 1)}},
    {"update", 2, 2, {EVENT(UPSERT, 10, 1, 1, 1), EVENT(UPSERT, 20, 1, 2, 2)}},
    {"delete", 2, 2, {EVENT(UPSERT, 10, 1, 1, 1), EVENT(DELETE, 20, 1, 2, 2)}},
    {"duplicate", 2, 1, {EVENT(UPSERT, 10, 1, 1, 1), EVENT(UPSERT, 10, 1, 1, 1)}},
    {"sku-change", 2, 3, {EVENT(UPSERT, 10, 1, 1, 1), EVENT(UPSERT, 20, 2, 2, 2)}},
    {"older-later", 2, 1, {EVENT(UPSERT, 20, 1, 1, 1), EVENT(UPSERT, 10, 1, 2, 2)}},
    {"unchanged", 2, 1, {EVENT(UPSERT, 10, 1, 1, 1), EVENT(UPSERT, 20, 1, 1, 2)}},
    {"delete-first", 2, 1, {EVENT(DELETE, 10, 1, 1, 1), EVENT(UPSERT, 20, 1, 2, 2)}},
    {"back", 3, 3, {EVENT(UPSERT, 10, 1, 1, 1), EVENT(UPSERT, 20, 1, 2, 2), EVENT(UPSERT, 30, 1, 1, 3)}},
};

enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

struct options {
    uint32_t faults;
    int scenario, api; /* -1: all */
    const char *replay;
    bool caught; /* succeeds only where something fails */
};

static struct model model;
static struct choices choices;

static int usage(void)
{
    fprintf(stderr, "usage: catalog-model [--faults N] [--scenario NAME] [--api NAME] [--mutant NAME] "
                    "[--caught]\n"
                    "       catalog-model --scenario NAME --api NAME --replay 0,1,0,... [--mutant NAME]\n"
                    "  --faults  at most so many in one run (2); 0 to 4\n"
                    "  --caught  succeeds only if a run fails: the mutant was seen\n"
                    "scenarios:");
    for (int i = 0; i < SCENARIOS; i++)
        fprintf(stderr, " %s", scenarios[i].name);
    fprintf(stderr, "\napis: %s %s %s\n", api_names[0], api_names[1], api_names[2]);
    return 2;
}

static void print_failure(const struct options *options)
{
    printf("%s, %s failed: %s\n", model.scenario->name, api_names[model.api], model.failure);
    printf("again, with its story: catalog-model --faults %u --scenario %s --api %s%s%s --replay ",
           options->faults, model.scenario->name, api_names[model.api], core_mutant ? " --mutant " : "",
           core_mutant ? mutant_names[core_mutant] : "");
    for (uint32_t i = 0; i < choices.length; i++)
        printf("%s%u", i ? "," : "", choices.taken[i]);
    putchar('\n');
}

static void prepare(const struct options *options, int scenario, enum model_api api)
{
    struct core_settings set = model_settings(api);

    free(model.mem);
    model.mem = malloc(core_size(&set));
    model.scenario = &scenarios[scenario];
    model.api = api;
    model.choices = &choices;
    choices.length = 0;
    choices.faults_max = options->faults;
}

/* Every run of one scenario. */
static bool enumerate(const struct options *options, int scenario, enum model_api api, uint64_t *runs)
{
    uint64_t before = *runs;

    prepare(options, scenario, api);
    do {
        ++*runs;
        if (!model_run(&model)) {
            print_failure(options);
            return false;
        }
    } while (choices_next(&choices));
    printf("%-12s %-17s %8llu runs\n", scenarios[scenario].name, api_names[api],
           (unsigned long long)(*runs - before));
    return true;
}

static bool take_replay(const char *text)
{
    char *end;

    for (choices.length = 0; *text && choices.length < CHOICES_MAX; text = *end ? end + 1 : end) {
        unsigned long taken = strtoul(text, &end, 10);

        if (end == text || taken > UINT8_MAX || (*end && *end != ','))
            return false;
        choices.taken[choices.length] = (uint8_t)taken;
        choices.of[choices.length++] = (uint8_t)(taken + 1);
    }
    return *text == '\0';
}

static int replay(const struct options *options)
{
    bool ok;

    if (options->scenario < 0 || options->api < 0)
        return usage();
    prepare(options, options->scenario, (enum model_api)options->api);
    if (!take_replay(options->replay))
        return usage();
    model.trace = true;
    ok = model_run(&model);
    free(model.mem);
    printf("%s%s\n", ok ? "all promises held" : "failed: ", ok ? "" : model.failure);
    return ok ? 0 : 1;
}

static int name_in(const char *name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static bool take_option(const char *name, const char *value, struct options *options)
{
    const char *scenario_names[SCENARIOS];
    char *end;

    for (int i = 0; i < SCENARIOS; i++)
        scenario_names[i] = scenarios[i].name;
    if (strcmp(name, "--replay") == 0)
        return (options->replay = value) != NULL;
    if (strcmp(name, "--scenario") == 0)
        return (options->scenario = name_in(value, scenario_names, SCENARIOS)) >= 0;
    if (strcmp(name, "--api") == 0)
        return (options->api = name_in(value, api_names, API_COUNT)) >= 0;
    if (strcmp(name, "--mutant") == 0) {
        int mutant = name_in(value, mutant_names, MUTANT_COUNT);

        core_mutant = mutant < 0 ? MUTANT_NONE : (enum core_mutant)mutant;
        return mutant > 0;
    }
    errno = 0;
    options->faults = (uint32_t)strtoul(value, &end, 10);
    return strcmp(name, "--faults") == 0 && errno == 0 && *end == '\0' && end != value &&
           options->faults <= 4;
}

static bool take_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--caught") == 0)
            options->caught = true;
        else if (i + 1 == argc || !take_option(argv[i], argv[i + 1], options))
            return false;
        else
            i++;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.faults = 2, .scenario = -1, .api = -1};
    uint64_t runs = 0;
    bool ok = true;

    if (!take_options(argc, argv, &options))
        return usage();
    if (options.replay)
        return replay(&options);
    for (int s = 0; s < SCENARIOS && ok; s++)
        for (int a = 0; a < API_COUNT && ok; a++)
            if ((options.scenario < 0 || options.scenario == s) && (options.api < 0 || options.api == a))
                ok = enumerate(&options, s, (enum model_api)a, &runs);
    free(model.mem);
    printf("%llu runs, at most %u faults each: %s\n", (unsigned long long)runs, options.faults,
           ok ? "all promises held" : "one failed");
    return ok == !options.caught ? 0 : 1;
}
