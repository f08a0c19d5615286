/* Looking the planned items up, a page of one catalog at a time. */
#include "shadow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct shadow_batch *batch_of(struct shadow *shadow, const char *catalog)
{
    const struct config_catalog *found = config_catalog(shadow->config, catalog);
    size_t index;
    struct shadow_batch *batch;
    char error[KIT_API_ERROR_SIZE];

    if (!found)
        return NULL;
    index = (size_t)(found - shadow->config->catalogs);
    if (shadow->batches[index])
        return shadow->batches[index];
    batch = calloc(1, sizeof *batch);
    if (!batch) {
        shadow_fails(shadow, "no memory");
        return NULL;
    }
    batch->lookup = (struct kit_lookup){.cli = &shadow->options->cli,
                                        .config = shadow->config,
                                        .catalog = found,
                                        .progress = &shadow->progress};
    if (!kit_lookup_open(&batch->lookup, error)) {
        shadow_fails(shadow, error);
        free(batch);
        return NULL;
    }
    shadow->batches[index] = batch;
    return batch;
}

/* A field's name as it may stand in a query. */
static bool is_name(const char *name)
{
    return name[0] && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")];
}

/* Asks for what is planned and compared, and for nothing else. */
static void choose_fields(struct shadow *shadow, struct shadow_batch *batch)
{
    struct kit_lookup *lookup = &batch->lookup;
    const cJSON *field;
    size_t at = 0;

    lookup->fields[0] = '\0';
    for (size_t i = 0; i < batch->count; i++) {
        cJSON_ArrayForEach(field, batch->plans[i].fields)
        {
            const char *name = field->string;

            if (kit_lookup_listed(shadow->options->ignored, name) ||
                kit_lookup_listed(lookup->refused, name) || kit_lookup_listed(lookup->fields, name) ||
                !is_name(name) || at + strlen(name) + 2 > sizeof lookup->fields)
                continue;
            at += (size_t)snprintf(lookup->fields + at, sizeof lookup->fields - at, "%s%s", at ? "," : "",
                                   name);
        }
    }
}

static void conclude(struct shadow *shadow, const struct shadow_batch *batch, const struct plan *plan,
                     struct kit_wanted *wanted)
{
    struct differences differences = {.count = 0};

    shadow->looked += wanted->answered;
    shadow->bodiless += wanted->items > 0 && !plan->fields && plan->want == WANT_LIVE;
    if (wanted->items > 0 && plan->fields)
        compare_fields(plan->fields, wanted->item, &shadow->money, shadow->options->ignored,
                       batch->lookup.refused, &differences);
    shadow_found(shadow, plan, wanted, &differences);
    cJSON_Delete(wanted->item);
}

/* Each of the batch is told, whether the catalog answered or not. */
static bool look(struct shadow *shadow, struct shadow_batch *batch)
{
    struct kit_wanted wanted[KIT_LOOKUP_MAX];
    bool ok;

    for (size_t i = 0; i < batch->count; i++)
        wanted[i] = (struct kit_wanted){.sku = batch->plans[i].sku};
    choose_fields(shadow, batch);
    ok = !shadow->failed && kit_lookup_ask(&batch->lookup, wanted, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        conclude(shadow, batch, &batch->plans[i], &wanted[i]);
        plan_free(&batch->plans[i]);
    }
    batch->count = 0;
    shadow->failed = shadow->failed || (!ok && !kit_stop);
    return ok;
}

static uint64_t waiting_for_a_page(const struct shadow *shadow)
{
    uint64_t waiting = 0;

    for (size_t i = 0; i < shadow->config->catalog_count; i++)
        waiting += shadow->batches[i] ? shadow->batches[i]->count : 0;
    return waiting;
}

static bool may_look(const struct shadow *shadow)
{
    return !shadow->options->max ||
           shadow->looked + waiting_for_a_page(shadow) < (uint64_t)shadow->options->max;
}

bool shadow_look(struct shadow *shadow, struct plan *plan)
{
    struct shadow_batch *batch = NULL;

    if (plan->want == WANT_NOTHING && shadow->config->inactive_policy == CONFIG_INACTIVE_SKIP)
        plan->want = WANT_AS_IS;
    if (verdict_wants_lookup(plan) && may_look(shadow))
        batch = batch_of(shadow, plan->catalog);
    if (!batch) {
        static const struct differences none;

        shadow_found(shadow, plan, NULL, &none);
        plan_free(plan);
        return !shadow->failed;
    }
    batch->plans[batch->count++] = *plan;
    return batch->count < KIT_LOOKUP_MAX || look(shadow, batch);
}

bool shadow_look_end(struct shadow *shadow)
{
    bool ok = true;

    for (size_t i = 0; i < shadow->config->catalog_count; i++) {
        struct shadow_batch *batch = shadow->batches[i];

        if (batch && batch->count > 0)
            ok = look(shadow, batch) && ok;
    }
    return ok;
}
