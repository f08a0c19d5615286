/* Tells the stories and holds them against the texts that are kept. */
#include "tests/sim/golden.h"

#include "common/assertx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned choose(struct world *world, enum fate_point point, void *arg)
{
    struct story *story = arg;

    (void)world;
    story->seen[point]++;
    for (uint32_t i = 0; i < story->fates_count; i++)
        if (story->fates[i].point == point && story->fates[i].nth == story->seen[point])
            return story->fates[i].fate;
    return 0;
}

static void begin(struct world *world, struct story *story)
{
    world->workload = story->workload;
    world->choose = choose;
    world->choose_arg = story;
    world->to_produce = story->workload.productions_count;
    for (uint32_t w = 0; w < story->set.workers; w++)
        effect_for(world, E_START, world->now, w);
    for (uint32_t i = 0; i < story->workload.productions_count; i++)
        effect_new(world, E_PRODUCE, story->workload.productions[i].at)->u.arg = i;
    for (uint32_t i = 0; i < story->script_count; i++) {
        struct effect *effect = effect_new(world, E_SCRIPT, story->script[i].at);

        effect->u.trouble.trouble = story->script[i].trouble;
        effect->u.trouble.arg = story->script[i].arg;
        effect->u.trouble.over = story->script[i].over;
    }
    effect_new(world, E_HEAL, story->set.faults_us);
}

static char *tell(struct world *world, struct marks *marks, const struct telling *telling)
{
    static struct story story;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    ASSERT(to != NULL);
    memset(&story, 0, sizeof story);
    settings_calm(&story.set);
    telling->prepare(&story);
    fputs("# ", to);
    for (const char *c = telling->title; *c; c++) {
        fputc(*c, to);
        if (*c == '\n')
            fputs("# ", to);
    }
    fputs("\n\n", to);
    world_init(world, &story.set);
    world->marks = marks;
    world->trace = to;
    begin(world, &story);
    assertx_set_hook(world_assertion_failed, world);
    world_run(world);
    fclose(to);
    return text;
}

static char *kept(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 20);
    size_t size;

    ASSERT(text != NULL);
    if (!file)
        return text;
    size = fread(text, 1, (1 << 20) - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

static void show_difference(const char *path, const char *was, const char *is)
{
    int line = 1;

    while (*was && *was == *is) {
        line += *was == '\n';
        was++;
        is++;
    }
    printf("%s:%d: the story goes another way\n  kept: %.*s\n  told: %.*s\n", path, line,
           (int)strcspn(was, "\n"), was, (int)strcspn(is, "\n"), is);
}

static bool one(struct world *world, struct marks *marks, const char *dir, const struct telling *telling,
                bool update)
{
    char path[512];
    char *text = tell(world, marks, telling), *before;
    bool ok = !world->failed;

    snprintf(path, sizeof path, "%s/%s.trace", dir, telling->name);
    if (!ok)
        printf("%s: %s\n", telling->name, world->failure);
    if (update) {
        FILE *file = fopen(path, "w");

        if (!file) {
            printf("cannot write %s: %s\n", path, strerror(errno));
            free(text);
            return false;
        }
        fputs(text, file);
        fclose(file);
    } else if (ok) {
        before = kept(path);
        ok = strcmp(before, text) == 0;
        if (!ok)
            show_difference(path, before, text);
        free(before);
    }
    free(text);
    return ok;
}

bool golden_run(struct world *world, struct marks *marks, const char *dir, bool update)
{
    uint32_t good = 0;

    for (uint32_t i = 0; i < golden_tellings_count; i++)
        good += one(world, marks, dir, &golden_tellings[i], update);
    printf("%u of %u stories are told as they are kept\n", good, golden_tellings_count);
    if (good < golden_tellings_count && !update)
        printf("if the new way is right: catalog-simtest --golden-update %s, and read the difference\n", dir);
    return good == golden_tellings_count;
}
