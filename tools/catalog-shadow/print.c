/* The report for people: the first screen decides. */
#include "shadow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS_SHOWN = 12 };

static void print_head(const struct shadow *shadow)
{
    uint64_t calls = 0;

    for (size_t i = 0; i < shadow->config->catalog_count; i++)
        calls += shadow->batches[i] ? shadow->batches[i]->lookup.calls : 0;
    printf("%" PRIu64 " products: %" PRIu64 " agree, %" PRIu64 " differ", shadow->total,
           shadow_agreeing(shadow), shadow_differing(shadow));
    if (shadow->kinds[KIND_UNSEEN])
        printf(", %" PRIu64 " not looked up", shadow->kinds[KIND_UNSEEN]);
    printf("\n%s, %" PRIu64 " results; %" PRIu64 " lookups in the catalog\n", shadow->config->topic_results,
           shadow->results.records, calls);
}

static void print_kind(const struct shadow *shadow, enum shadow_kind kind)
{
    bool agrees = shadow_kind_agrees(kind);

    printf("%8" PRIu64 "  %-10s %s\n", shadow->kinds[kind], shadow_kind_name(kind), shadow_kind_words(kind));
    for (int i = 0; i < SHADOW_EXAMPLES_MAX && !agrees; i++)
        if (shadow->examples[kind][i])
            printf("%21s%s\n", "", shadow->examples[kind][i]);
}

static void print_kinds(const struct shadow *shadow)
{
    putchar('\n');
    for (int i = 0; i < SHADOW_KIND_COUNT; i++)
        if (shadow->kinds[i] > 0)
            print_kind(shadow, (enum shadow_kind)i);
}

static void print_tally(const char *title, const struct tally *tally)
{
    if (tally->count == 0)
        return;
    printf("\n%s\n", title);
    for (size_t i = 0; i < tally->count && i < FIELDS_SHOWN; i++)
        printf("%8" PRIu64 "  %s%s%s\n", tally->rows[i].count, tally->rows[i].name,
               tally->rows[i].example[0] ? ", such as " : "", tally->rows[i].example);
    if (tally->count > FIELDS_SHOWN)
        printf("%8s  and %zu more\n", "", tally->count - FIELDS_SHOWN);
}

static void print_saved(const struct shadow *shadow)
{
    const struct shadow_results *results = &shadow->results;
    uint64_t calls = 0;

    for (int i = 0; i < PLAN_CALL_COUNT; i++)
        calls += results->calls[i];
    printf("\nCalls\n%8" PRIu64 "  would be made for %" PRIu64 " events:", calls, results->events);
    for (int i = 0; i < PLAN_CALL_COUNT; i++)
        if (results->calls[i] > 0)
            printf(" %s %" PRIu64, plan_call_name((enum plan_call)i), results->calls[i]);
    printf("\n%8" PRIu64 "  saved: a newer event took the place of %" PRIu64 ", %" PRIu64
           " changed nothing that the catalog shows\n",
           results->superseded + results->unchanged, results->superseded, results->unchanged);
}

static void print_letters(const struct shadow *shadow)
{
    const struct shadow_letters *letters = &shadow->letters;

    if (letters->open == 0)
        return;
    printf("\nDead letters\n%8" PRIu64 "  open, of %" PRIu64 " products", letters->open, letters->products);
    if (letters->nameless)
        printf("; %" PRIu64 " name no product", letters->nameless);
    printf(": catalog-dlq stats%s%s\n", shadow->options->cli.config_file ? " --config " : "",
           shadow->options->cli.config_file ? shadow->options->cli.config_file : "");
}

static void print_uncompared(const struct shadow *shadow)
{
    if (shadow->uncompared.count == 0 && !shadow->options->ignored[0])
        return;
    printf("\nNot compared: %s", shadow->options->ignored);
    for (size_t i = 0; i < shadow->uncompared.count; i++)
        printf("%s%s (the catalog does not show it)", i || shadow->options->ignored[0] ? ", " : "",
               shadow->uncompared.rows[i].name);
    putchar('\n');
}

static void print_body(const struct shadow *shadow)
{
    print_kinds(shadow);
    print_tally("Fields that the catalog shows otherwise", &shadow->fields);
    print_tally("Refused", &shadow->reasons);
    print_letters(shadow);
    print_saved(shadow);
    print_uncompared(shadow);
}

void shadow_print(const struct shadow *shadow)
{
    if (shadow->options->list && shadow->taken > 0)
        putchar('\n');
    print_head(shadow);
    if (!shadow->options->list)
        print_body(shadow);
    printf("\n%s%s\n", shadow->missing[0] ? "not complete: " : "complete", shadow->missing);
}
