/* Audit records (topic.audit): who changed what by hand, when and why. Nothing is resolved silently. */
#ifndef KIT_AUDIT_H
#define KIT_AUDIT_H

#include "common/sbuf.h"
#include "tools/kit/kafka.h"

#include <stdbool.h>
#include <stdint.h>

#define KIT_AUDIT_CONTENT_TYPE "application/json"

/* All texts NUL-terminated; NULL leaves the member out. */
struct kit_audit {
    const char *tool;                       /* "catalog-memory", "catalog-dlq", ... */
    const char *action;                     /* "forget", "reset-version", "replay", "drop", ... */
    const char *actor;                      /* kit_actor */
    const char *why;                        /* the reason given on the command line */
    const char *catalog, *product_id, *sku; /* what it is about, as far as known */
    const char *subject;                    /* a dead letter's key, or another name of the thing */
    const char *before_json, *after_json;   /* whole JSON values: what stood there, what stands there now */
    int64_t at_ms;                          /* since 1970 */
};

/* Appends the record's JSON value: {"at":RFC 3339,"tool","action","actor","why","catalog","product_id","sku",
 * "subject","before","after"}. Check sbuf_ok. Texts are scrubbed of registered secrets. */
void kit_audit_encode(const struct kit_audit *audit, struct sbuf *out);

/* The record's key: the subject, else catalog/product_id, else the tool's name. Check sbuf_ok. */
void kit_audit_key(const struct kit_audit *audit, struct sbuf *out);

/* Hands the record to producer (kit_kafka_producer) for topic; its delivery is reported as any message's,
 * with `opaque`. False with a message in error. */
bool kit_audit_produce(rd_kafka_t *producer, const char *topic, const struct kit_audit *audit, void *opaque,
                       char error[KAFKA_ERROR_SIZE]);

#endif
