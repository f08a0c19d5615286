/* Reads events, one JSON text in structured CloudEvents mode a line, and prints for each what the worker
 * would send:
 * {"single":BODY,"batch":ENTRY}, ENTRY an element of `requests`. Of an item that may not go in bulk
 * {"single":BODY,"unfit":FIELD}; of an event that is not valid {"refused":REASON,"field":FIELD}; BODY of an
 * inactive or deleted product is null. Not a test by itself. */
#include "common/apibatch.h"
#include "common/apibody.h"
#include "common/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1024 * 1024 };

static void put_batch(struct sbuf *b, const struct event *event)
{
    const char *unfit = event->has_body ? apibatch_unfit(event) : NULL;

    if (unfit) {
        sbuf_puts(b, ",\"unfit\":\"");
        sbuf_puts(b, unfit);
        sbuf_putc(b, '"');
        return;
    }
    sbuf_puts(b, ",\"batch\":");
    if (event->has_body)
        apibatch_update(b, event);
    else if (event_is_upsert(event))
        apibatch_hide(b, &event->sku);
    else
        apibatch_delete(b, &event->sku);
}

static void put_event(struct sbuf *b, const struct event *event)
{
    if (event->kind == EVENT_BROKEN) {
        sbuf_puts(b, "{\"refused\":");
        sbuf_put_json(b, event_fault_name(event->broken.fault),
                      strlen(event_fault_name(event->broken.fault)));
        sbuf_puts(b, ",\"field\":");
        sbuf_put_json(b, event->broken.field.ptr, event->broken.field.len);
    } else {
        sbuf_puts(b, "{\"single\":");
        if (event->has_body)
            apibody_create(b, event, true);
        else
            sbuf_puts(b, "null");
        put_batch(b, event);
    }
    sbuf_puts(b, "}\n");
}

static bool encode(struct sbuf *b, const char *line, size_t len)
{
    static const struct event_header content_type = {.name = "content-type",
                                                     .value = "application/cloudevents+json",
                                                     .len = sizeof("application/cloudevents+json") - 1};
    const struct event_record record = {.topic = "events",
                                        .timestamp_ms = -1,
                                        .value = line,
                                        .value_len = len,
                                        .headers = &content_type,
                                        .header_count = 1};
    struct event_settings settings;
    struct event *event;

    event_settings_init(&settings);
    if (event_decode(&record, &settings, &event) != 0)
        return false;
    put_event(b, event);
    event_free(event);
    return sbuf_ok(b);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    bool ok = true;
    struct sbuf b;

    sbuf_init(&b, LINE_MAX_BYTES);
    while (ok && (len = getline(&line, &size, stdin)) > 0) {
        sbuf_reset(&b);
        ok = encode(&b, line, (size_t)len) && fputs(sbuf_str(&b), stdout) >= 0;
    }
    sbuf_free(&b);
    free(line);
    return ok && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
