/* A dead letter in one line: for list and tail, for people and for programs. */
#ifndef DLQ_LINE_H
#define DLQ_LINE_H

#include "letter.h"
#include "out.h"

/* The line above the lines. */
void line_head(struct out *out);
void line_put(struct out *out, const struct letter *letter);

/* Appends the members of the letter's JSON object, without braces and without payload: key (or key_base64),
 * partition, offset, fingerprint, class, code, subcode, http_status, reason, message, user_message,
 * fbtrace_id, product_id, sku, catalog, attempts, replays, died_at, first_seen, worker, origin{...},
 * value_bytes, wrong[]. */
void line_json(struct sbuf *out, const struct letter *letter);

/* {"key":...} or {"key_base64":...} without braces; "key":null where there is none. */
void json_key(struct sbuf *out, const char *name, struct bytes key);

#endif
