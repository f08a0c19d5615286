/* Redis commands built by hand, as RESP, in one growing buffer: about a hundred bytes a claim cost less this
 * way than hiredis' format strings. Room for the command's name and its number of arguments is kept in front,
 * since both are known last.
 *
 * Text in keys, and text that scripts split at spaces, is percent-encoded: bytes up to the space, DEL and
 * `%`, and a text that is nothing but "-", which stands for none. Everything else stays readable. */
#ifndef ADAPTERS_REDIS_RESP_H
#define ADAPTERS_REDIS_RESP_H

#include "common/event.h" /* struct text */
#include "common/key128.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RESP_HEAD_SIZE = 96,     /* of "*<count>\r\n$7\r\nEVALSHA\r\n$40\r\n<40 digits>\r\n" */
    RESP_MAX_SIZE = 1 << 20, /* of one command: our own bounds on texts keep far below; an assertion */
    RESP_FIXED_DIGITS = 16,  /* of versions and epochs: they compare as text */
    RESP_PARTS_MAX = 6,
};

/* Largest number that fits RESP_FIXED_DIGITS; above 2^53, below 2^64. */
#define RESP_FIXED_MAX UINT64_C(9999999999999999)

struct resp {
    char *data; /* owned; arguments start at RESP_HEAD_SIZE */
    size_t len, cap;
    uint32_t args;
};

/* Empties the buffer (keeps the memory). A zeroed struct is a good start. */
void resp_reset(struct resp *r);
void resp_free(struct resp *r);

/* Each appends one argument. */
void resp_text(struct resp *r, const char *text, size_t len);
void resp_str(struct resp *r, const char *text);
void resp_u64(struct resp *r, uint64_t number);
void resp_i64(struct resp *r, int64_t number);
void resp_fixed(struct resp *r, uint64_t number);    /* 16 digits; at most RESP_FIXED_MAX */
void resp_hex64(struct resp *r, uint64_t number);    /* 16 hex digits */
void resp_key128(struct resp *r, struct key128 key); /* 32 hex digits */
void resp_parts(struct resp *r, const struct text *parts, size_t count); /* joined to one */

/* Appends arguments that are RESP already. */
void resp_raw(struct resp *r, const char *arguments, size_t len, uint32_t count);

/* Where the bytes of the argument appended last begin, to be overwritten later. */
size_t resp_last_at(const struct resp *r, size_t size);

/* The whole command: what came before the arguments is written in front of them. Valid until the next append.
 * For EVALSHA sha is 40 digits; NULL: the first argument is the command's name. */
struct text resp_command(struct resp *r, const char *sha);

/* Decimal digits of number into out (20 bytes); returns how many. */
size_t resp_digits(uint64_t number, char out[20]);

/* 32 hex digits, without NUL. */
void resp_hex(struct key128 key, char out[32]);

/* Memory for encoded texts of one command; zeroed is a good start. */
struct resp_scratch {
    char *data; /* owned */
    size_t len, cap;
};

void resp_scratch_free(struct resp_scratch *scratch);

/* The text percent-encoded; the very text if nothing needs it, else a copy that lives until `scratch->len` is
 * set to 0 again: at most size bytes of room must have been made by resp_scratch_room before the first of
 * several. */
struct text resp_encode(struct resp_scratch *scratch, struct text text);

/* Makes room for encoding texts of size bytes together. Moves what is there: before the first resp_encode. */
void resp_scratch_room(struct resp_scratch *scratch, size_t size_bytes);

/* Decodes in place; "-" becomes the empty text. Returns the new length. Broken escapes stay as they are. */
size_t resp_decode(char *text, size_t len);

#endif
