#include "worker/runtime/warnings.h"

#include "common/assertx.h"

#include <stdio.h>

/* Room for one more text, noted as a warning; the rows of the table that can warn are fewer than the places.
 */
static char *next_text(struct warnings *store, struct result_event *result)
{
    char *text = store->texts[result->warning_count];

    ASSERT(result->warning_count < WARNINGS_MAX);
    result->warnings[result->warning_count++] = text;
    return text;
}

void warnings_fill(const struct payload *payload, enum outcome outcome, struct warnings *store,
                   struct result_event *result)
{
    const struct event *event = payload->event;
    bool by_update = outcome == OUTCOME_UPDATED && payload->call == CALL_UPDATE;

    if (!event->has_body ||
        (outcome != OUTCOME_CREATED && outcome != OUTCOME_UPDATED && outcome != OUTCOME_UNCHANGED))
        return;
    for (uint32_t i = 0; i < event->product.field_count; i++) {
        uint16_t spec = event->product.fields[i].spec;

        if (!event_field_single_name(spec))
            snprintf(next_text(store, result), WARNING_BYTES,
                     "data.fields.%s was left out: the catalog's single calls have no such field",
                     event_field_name(spec));
        else if (event_field_create_only(spec) && by_update)
            snprintf(next_text(store, result), WARNING_BYTES,
                     "data.fields.%s was left out: the catalog takes it only when an item is created",
                     event_field_name(spec));
    }
    if (event->left_out.len > 0)
        snprintf(next_text(store, result), WARNING_BYTES,
                 "names in data.fields that are not known here were left out: %s", event->left_out.ptr);
}
