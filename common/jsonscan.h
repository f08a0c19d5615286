/* One pass over raw JSON that checks it and builds a tree of cJSON nodes, since cJSON's own parser cuts
 * strings at \u0000, rounds integers above 2^53 and accepts broken UTF-8, lone surrogates and duplicate keys
 * (design.md M8). The tree is the one cJSON would build of a text that passes. On the way the pass computes a
 * canonical hash of one part of the text. */
#ifndef COMMON_JSONSCAN_H
#define COMMON_JSONSCAN_H

#include "common/jsontree.h"
#include "common/key128.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JSONSCAN_DEPTH_MAX = 128,    /* largest depth limit; the default is 64 */
    JSONSCAN_MEMBERS_MAX = 1024, /* members of all objects that are open at one moment */
    JSONSCAN_NUMBER_MAX = 60,    /* characters of a number; cJSON's parser reads no more than 63 */
    JSONSCAN_PATH_BYTES = 160,   /* of jsonscan.path, its NUL included */
};

/* Each fault with what it says to people; the byte and the path go in front. */
#define JSONSCAN_FAULTS(X)                                                                                   \
    X(NONE, "valid")                                                                                         \
    X(EMPTY, "the text is empty")                                                                            \
    X(TRUNCATED, "the text ends too early: it was cut off")                                                  \
    X(SYNTAX, "this is not JSON: unexpected character")                                                      \
    X(CONTROL, "control characters inside a string must be escaped")                                         \
    X(TRAILING, "there is more text after the end of the JSON value")                                        \
    X(TOO_DEEP, "objects and lists are nested too deeply")                                                   \
    X(TOO_MANY_MEMBERS, "an object has too many members")                                                    \
    X(DUPLICATE_KEY, "an object has two members of this name: it is not clear which one counts")             \
    X(BAD_UTF8, "this byte is not UTF-8: encode the text as UTF-8")                                          \
    X(NUL, "text must not contain the NUL character (U+0000)")                                               \
    X(LONE_SURROGATE, "half of a surrogate pair (\\ud800 to \\udfff) stands alone")                          \
    X(NUMBER_RANGE, "this number is too large or too long to be read exactly")                               \
    X(NUMBER_INEXACT, "this number has more digits than can be read exactly")

enum jsonscan_fault {
#define X(name, text) JSONSCAN_##name,
    JSONSCAN_FAULTS(X)
#undef X
        JSONSCAN_FAULT_COUNT
};

struct jsonscan {
    enum jsonscan_fault fault;
    size_t offset;                  /* byte of the fault, from 0 */
    char path[JSONSCAN_PATH_BYTES]; /* where, such as data.fields.sale_price or data.links[2]; cut short if
                                       long, "" if not known; it may hold any bytes that the keys hold, quote
                                       it */
    /* Canonical hash of the whole value, or of the member asked for (all zero: there is none): the same for
     * texts that differ in the order of members, whitespace, escapes, or the writing of a number (1, 1.0,
     * 10e-1). */
    struct key128 hash;
};

/* Checks len bytes of text: valid JSON (RFC 8259) in valid UTF-8, at most depth_max levels of objects and
 * lists (at most JSONSCAN_DEPTH_MAX), no NUL, no duplicate keys, every number finite as a double, and no
 * fraction that a double would round to a whole number. hash_member names the member of the outermost object
 * to hash; NULL: hash all. Returns true if all is well; else out says what is wrong. */
bool jsonscan(const void *text, size_t len, unsigned depth_max, const char *hash_member,
              struct jsonscan *out);

/* The same, and leaves what it read in tree, which was empty: tree->root, NULL if a fault is found. The
 * caller frees the tree either way. Nothing in it points into the text. */
bool jsonscan_tree(const void *text, size_t len, unsigned depth_max, const char *hash_member,
                   struct jsontree *tree, struct jsonscan *out);

/* True if a number that was read has no fraction. From 2^53 on, no double has one. */
static inline bool json_is_whole(double number)
{
    const double limit = 9007199254740992.0;

    return number >= limit || number <= -limit || number == (double)(int64_t)number;
}

/* The byte at which a value begins in a text that jsonscan() let pass; path as in struct jsonscan, such as
 * data.links[2] ("": the whole value). Names are compared as they stand in the text, escapes and all, and end
 * at a point or a bracket. SIZE_MAX: there is no such value. */
enum { JSONSCAN_INDEX_MAX = 100000 };
size_t jsonscan_find(const void *text, size_t len, const char *path);

/* What a fault says to people; never NULL. */
const char *jsonscan_text(enum jsonscan_fault fault);

#endif
