/* The scan's own state, shared by its three files: structure, strings, numbers. Nobody else includes this. */
#ifndef COMMON_JSONSCAN_PARTS_H
#define COMMON_JSONSCAN_PARTS_H

#include "common/jsonscan.h"
#include "common/xxh.h"

/* Mixed into the seeds, so that values of different types never hash alike. */
#define SEED_STRING  UINT64_C(0x9e3779b97f4a7c15)
#define SEED_NUMBER  UINT64_C(0xc2b2ae3d27d4eb4f)
#define SEED_LITERAL UINT64_C(0x165667b19e3779f9)
#define SEED_OBJECT  UINT64_C(0x27d4eb2f165667c5)
#define SEED_LIST    UINT64_C(0x85ebca77c2b2ae63)

/* An open object or list. Members add their hashes up, so that their order does not matter; what makes a
 * value's place matter is its seed: the hash of its key, or its index. */
struct level {
    bool is_object;
    uint64_t seed; /* of this container itself */
    uint64_t sum_hi, sum_lo;
    uint32_t count;     /* values seen so far */
    uint32_t first_key; /* index of its first key in scan.keys */
    uint32_t key_len;   /* the key read last, as it stands in the text */
    size_t key_at;
    bool capture;       /* this container is what the caller wants the hash of */
    cJSON *node, *last; /* it, and its last member */
};

struct scan {
    const unsigned char *p;
    size_t len, at;
    unsigned depth, depth_max;
    uint32_t key_count;
    uint64_t wanted_key; /* hash of hash_member */
    bool want_member;
    uint64_t seed; /* of the value that comes next */
    bool capture;  /* its hash is wanted */
    struct jsonscan *out;
    struct jsontree *tree;
    cJSON *root;
    char *name; /* of the value that comes next; NULL: it has none */
    struct level levels[JSONSCAN_DEPTH_MAX];
    uint64_t keys[JSONSCAN_MEMBERS_MAX]; /* hashes of the keys of all open objects */
};

/* Notes the fault and where the scan stands; returns false. */
bool jsonscan_fail(struct scan *s, enum jsonscan_fault fault, size_t at);

/* The fault of a character that does not belong where it is, or of the end of the text; returns false. */
bool jsonscan_fail_here(struct scan *s);

/* Each reads one token that starts at s->at, moves behind it, and gives what it means (text in the tree's
 * memory) with its hash. */
bool jsonscan_string(struct scan *s, uint64_t seed, char **text, XXH128_hash_t *hash);
bool jsonscan_number(struct scan *s, uint64_t seed, double *number, XXH128_hash_t *hash);
bool jsonscan_literal(struct scan *s, uint64_t seed, int *type, XXH128_hash_t *hash);

#endif
