/* The registry of secrets (promise P8): whatever text leaves the process (logs, results, dead letters,
 * metrics, errors) is passed through here first. Each secret is known in its plain, its JSON-escaped and its
 * percent-encoded form. */
#ifndef COMMON_REDACT_H
#define COMMON_REDACT_H

#include <stdbool.h>
#include <stddef.h>

/* Secrets kept at most; when a credential file changes the old secret stays known, since an answer may still
 * echo it. */
#define REDACT_SECRETS_MAX 64
/* A shorter secret would blank out innocent text everywhere; such a one is refused (and is no secret worth
 * the name). */
#define REDACT_SECRET_MIN_BYTES 4
#define REDACT_SECRET_MAX_BYTES 4096
/* What stands in a secret's place: this, or as many of its asterisks as a shorter secret had bytes. */
#define REDACT_MASK "********"

/* Remembers `secret` (copied). A secret already known is not added twice. Returns false where it is NULL, too
 * short, too long, or the registry is full of newer ones (then the oldest makes room, so this never happens
 * to a fresh secret). */
bool redact_add(const char *secret);

/* Forgets all secrets. For tests, and for the very end of a process. */
void redact_clear(void);

/* Replaces each known secret in text[0..len). Works in place, never lengthens. Returns the new length. */
size_t redact_bytes(char *text, size_t len);

/* The same for NUL-terminated text, which stays NUL-terminated. NULL is let pass. */
void redact_text(char *text);

/* Where to cut `text` of `len` bytes so that at most `cap` bytes remain and no secret is cut in two (half a
 * secret would slip through redact_bytes). Returns a length of cap at most. */
size_t redact_cut(const char *text, size_t len, size_t cap);

#endif
