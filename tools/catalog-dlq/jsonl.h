/* A dead letter as one JSON object that loses nothing: what export writes, import reads, and audit records
 * hold. Text that is UTF-8 stands as it is, all else as base64:
 *
 *   {"key":"...","partition":0,"offset":7,"timestamp_ms":1764300000000,"value":"...",
 *    "headers":[{"name":"dlq-class","value":"invalid"},...]}
 *
 * key, value, name and a header's value may be replaced by key_base64 and so on; null is null. */
#ifndef DLQ_JSONL_H
#define DLQ_JSONL_H

#include "letter.h"

#include "common/jsontree.h"
#include "common/sbuf.h"

enum { JSONL_WHY_SIZE = 256, JSONL_LINE_MAX = 256 << 20 };

/* Appends the object, without a line break. without_value: its size stands in its place ("value_bytes"). */
void jsonl_put(struct sbuf *out, const struct letter *letter, bool without_value);

/* Appends "NAME":"text", "NAME_base64":"..." or "NAME":null. */
void jsonl_bytes(struct sbuf *out, const char *name, struct bytes bytes);

/* The same, the caller having decided whether it is text. */
void jsonl_text_or_base64(struct sbuf *out, const char *name, struct bytes bytes, bool text);

/* A letter read from a line; memory in here. */
struct jsonl {
    struct jsontree tree;
    struct record_header headers[LETTER_HEADERS_MAX];
    struct letter letter;
};

/* Reads one line. False with a message in why. Free with jsonl_free in any case. */
bool jsonl_read(struct jsonl *out, const char *line, size_t len, char why[JSONL_WHY_SIZE]);
void jsonl_free(struct jsonl *out);

#endif
