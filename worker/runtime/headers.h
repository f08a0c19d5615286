/* A record's own headers, as many as there is room for, those that make it an event before all others. */
#ifndef RUNTIME_HEADERS_H
#define RUNTIME_HEADERS_H

#include "common/event.h"
#include "worker/adapters/kafka_source.h"

#include <stdbool.h>
#include <stddef.h>

/* What was read of a record's headers. */
struct record_headers {
    size_t count;      /* written to `to` */
    size_t left_out;   /* for which there was no room */
    size_t size_bytes; /* names and values, of all there are */
};

/* Writes a record's headers to `to`, in their order, at most max of them (16 or more). Where there are more,
 * those that event_header_known() names are kept, each name's last one, then the first others. Values point
 * into the record. */
struct record_headers headers_read(const rd_kafka_message_t *message, struct event_header *to, size_t max);

#endif
