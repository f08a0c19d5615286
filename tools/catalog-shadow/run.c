#include "shadow.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void shadow_lacks(struct shadow *shadow, const char *format, ...)
{
    va_list list;

    if (shadow->missing[0])
        return;
    va_start(list, format);
    vsnprintf(shadow->missing, sizeof shadow->missing, format, list);
    va_end(list);
}

bool shadow_fails(struct shadow *shadow, const char *what)
{
    kit_progress_clear(&shadow->progress);
    kit_complain(&shadow->options->cli, "%s", what);
    shadow->failed = true;
    return false;
}

uint64_t shadow_agreeing(const struct shadow *shadow)
{
    uint64_t sum = 0;

    for (int i = 0; i < SHADOW_KIND_COUNT; i++)
        sum += shadow_kind_agrees((enum shadow_kind)i) ? shadow->kinds[i] : 0;
    return sum;
}

uint64_t shadow_differing(const struct shadow *shadow)
{
    uint64_t sum = 0;

    for (int i = 0; i < SHADOW_KIND_COUNT; i++)
        sum += shadow_kind_agrees((enum shadow_kind)i) || i == KIND_UNSEEN ? 0 : shadow->kinds[i];
    return sum;
}

/* The amounts of a catalog follow the table that the workers plan with. */
static bool take_currencies(struct shadow *shadow)
{
    const struct config_list *list = &shadow->config->currency_offsets;
    size_t bad_at;

    shadow->money = money_table_builtin;
    for (size_t i = 0; i < list->count; i++) {
        if (money_table_extend(&shadow->money, list->items[i], &bad_at))
            continue;
        kit_complain(&shadow->options->cli, "currency.offsets=%s: wrong at byte %zu: want CUR=OFFSET",
                     list->items[i], bad_at + 1);
        return false;
    }
    return true;
}

/* Fields that one of the catalogs does not show. */
static void note_refused(struct shadow *shadow)
{
    for (size_t i = 0; i < shadow->config->catalog_count; i++) {
        char names[KIT_LOOKUP_FIELDS_SIZE], *rest = names, *name;

        if (!shadow->batches[i])
            continue;
        snprintf(names, sizeof names, "%s", shadow->batches[i]->lookup.refused);
        while ((name = strsep(&rest, ",")))
            if (name[0])
                tally_add(&shadow->uncompared, name);
    }
}

static void note_missing(struct shadow *shadow)
{
    /* Records that a compaction took between the two readings; those not reached after a stop as well. */
    if (shadow->total > shadow->taken)
        shadow->kinds[KIND_UNSEEN] += shadow->total - shadow->taken;
    if (kit_stop)
        shadow_lacks(shadow, "it was stopped");
    if (shadow->failed)
        shadow_lacks(shadow, "what failed is said above");
    if (shadow->total == 0)
        shadow_lacks(shadow, "the shadow has planned nothing yet: start it, and re-sync (docs/cutover.md)");
    if (shadow->waiting > 0)
        shadow_lacks(shadow,
                     "%" PRIu64 " events or more wait for the shadow: run this again when it has read them",
                     shadow->waiting);
    if (shadow->kinds[KIND_UNSEEN] > 0)
        shadow_lacks(shadow, "%" PRIu64 " products were not looked up", shadow->kinds[KIND_UNSEEN]);
    if (shadow->bodiless > 0)
        shadow_lacks(shadow,
                     "%" PRIu64
                     " bodies are too large for a result: of those items only their being there was "
                     "compared",
                     shadow->bodiless);
}

static void read_all(struct shadow *shadow)
{
    char error[KAFKA_ERROR_SIZE];
    rd_kafka_t *reader = kit_kafka_reader(shadow->config, "catalog-shadow", SHADOW_PREFETCH_BYTES, error);

    if (!reader) {
        shadow_fails(shadow, error);
        return;
    }
    /* waiting first: what comes meanwhile is not compared, and so must not look done */
    if (shadow_read_waiting(shadow, reader) && shadow_read(shadow, reader))
        shadow_read_letters(shadow, reader);
    kit_kafka_reader_close(reader);
}

static void release(struct shadow *shadow)
{
    for (size_t i = 0; i < shadow->config->catalog_count; i++) {
        if (shadow->batches[i])
            kit_lookup_close(&shadow->batches[i]->lookup);
        free(shadow->batches[i]);
    }
    for (int kind = 0; kind < SHADOW_KIND_COUNT; kind++)
        for (int i = 0; i < SHADOW_EXAMPLES_MAX; i++)
            free(shadow->examples[kind][i]);
    products_free(&shadow->products);
}

static int code_of(const struct shadow *shadow)
{
    if (shadow->failed || shadow->output_lost)
        return KIT_FAILED;
    if (shadow->missing[0] || shadow_differing(shadow) > 0 || shadow->letters.nameless > 0)
        return KIT_PARTIAL;
    return KIT_DONE;
}

int shadow_run(struct shadow *shadow)
{
    int code;

    if (!take_currencies(shadow))
        return KIT_USAGE;
    kit_progress_start(&shadow->progress, shadow->options->quiet);
    read_all(shadow);
    kit_progress_clear(&shadow->progress);
    note_refused(shadow);
    note_missing(shadow);
    tally_sort(&shadow->fields);
    tally_sort(&shadow->reasons);
    if (shadow->options->json)
        shadow_print_json(shadow);
    else if (!shadow->failed || shadow->total > 0) /* a table of noughts says nothing more */
        shadow_print(shadow);
    shadow->output_lost = fflush(stdout) != 0 || shadow->output_lost;
    code = code_of(shadow);
    release(shadow);
    return code;
}
