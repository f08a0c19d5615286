#include "common/assertx.h"
#include "common/jsonscan_parts.h"
#include "common/sbuf.h"

#include <limits.h>
#include <string.h>

/* Writes where the scan stands: the keys and indexes of all open levels. */
static void write_path(struct scan *s)
{
    struct sbuf b;

    sbuf_init_fixed(&b, s->out->path, sizeof(s->out->path));
    for (unsigned i = 0; i < s->depth; i++) {
        const struct level *level = &s->levels[i];

        if (!level->is_object) {
            sbuf_printf(&b, "[%u]", (unsigned)level->count);
        } else if (level->key_len) {
            if (b.len)
                sbuf_putc(&b, '.');
            sbuf_put(&b, s->p + level->key_at, level->key_len);
        }
        if (!sbuf_ok(&b))
            return;
    }
}

bool jsonscan_fail(struct scan *s, enum jsonscan_fault fault, size_t at)
{
    s->out->fault = fault;
    s->out->offset = at;
    write_path(s);
    return false;
}

/* The fault of a character that does not belong where it is, or of the end of the text. */
bool jsonscan_fail_here(struct scan *s)
{
    if (s->at >= s->len)
        return jsonscan_fail(s, JSONSCAN_TRUNCATED, s->len);
    if (s->p[s->at] == 0)
        return jsonscan_fail(s, JSONSCAN_NUL, s->at);
    return jsonscan_fail(s, JSONSCAN_SYNTAX, s->at);
}

static void skip_space(struct scan *s)
{
    while (s->at < s->len) {
        unsigned char c = s->p[s->at];

        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
        s->at++;
    }
}

static void value_done(struct scan *s, XXH128_hash_t hash, bool capture)
{
    if (capture) {
        s->out->hash = (struct key128){.hi = hash.high64, .lo = hash.low64};
        if (key128_none(s->out->hash))
            s->out->hash.lo = 1;
    }
    if (s->depth) {
        struct level *level = &s->levels[s->depth - 1];

        level->sum_hi += hash.high64;
        level->sum_lo += hash.low64;
        level->count++;
    }
}

/* Hangs a node into the innermost level, or makes it the root. */
static cJSON *add_node(struct scan *s, int type)
{
    cJSON *node = jsontree_node(s->tree, type);
    struct level *level;

    if (s->depth == 0) {
        s->root = node;
        return node;
    }
    level = &s->levels[s->depth - 1];
    node->string = s->name;
    if (level->last) {
        node->prev = level->last;
        level->last->next = node;
    } else {
        level->node->child = node;
    }
    level->last = node;
    return node;
}

static bool open_level(struct scan *s, bool is_object)
{
    struct level *level;
    cJSON *node;

    if (s->depth >= s->depth_max)
        return jsonscan_fail(s, JSONSCAN_TOO_DEEP, s->at);
    node = add_node(s, is_object ? cJSON_Object : cJSON_Array);
    level = &s->levels[s->depth++];
    level->node = node;
    level->last = NULL;
    level->is_object = is_object;
    level->seed = s->seed;
    level->capture = s->capture;
    level->sum_hi = level->sum_lo = 0;
    level->count = 0;
    level->first_key = s->key_count;
    level->key_len = 0;
    s->at++;
    return true;
}

static void close_level(struct scan *s)
{
    const struct level *level = &s->levels[--s->depth];
    unsigned char bytes[24];

    xxh_put_le64(bytes, level->sum_hi);
    xxh_put_le64(bytes + 8, level->sum_lo);
    xxh_put_le64(bytes + 16, level->count);
    if (level->last)
        level->node->child->prev = level->last; /* as cJSON has it, for appending */
    s->key_count = level->first_key;
    s->at++;
    value_done(s,
               XXH3_128bits_withSeed(bytes, sizeof(bytes),
                                     level->seed ^ (level->is_object ? SEED_OBJECT : SEED_LIST)),
               level->capture);
}

/* A key and its colon; sets the seed of the value behind it. */
static bool scan_key(struct scan *s)
{
    struct level *level = &s->levels[s->depth - 1];
    XXH128_hash_t hash;
    size_t start;

    level->key_len = 0;
    skip_space(s);
    start = s->at;
    if (s->at >= s->len || s->p[s->at] != '"')
        return jsonscan_fail_here(s);
    if (!jsonscan_string(s, 0, &s->name, &hash))
        return false;
    level->key_at = start + 1;
    level->key_len = (uint32_t)(s->at - start - 2);
    for (uint32_t i = level->first_key; i < s->key_count; i++) {
        if (s->keys[i] == hash.low64)
            return jsonscan_fail(s, JSONSCAN_DUPLICATE_KEY, start);
    }
    if (s->key_count == JSONSCAN_MEMBERS_MAX)
        return jsonscan_fail(s, JSONSCAN_TOO_MANY_MEMBERS, start);
    s->keys[s->key_count++] = hash.low64;
    skip_space(s);
    if (s->at >= s->len || s->p[s->at] != ':')
        return jsonscan_fail_here(s);
    s->at++;
    s->capture = s->want_member && s->depth == 1 && hash.low64 == s->wanted_key;
    s->seed = s->capture ? 0 : hash.low64; /* the member's hash is the same as if it stood alone */
    return true;
}

/* Before a value of the innermost level. */
static bool next_member(struct scan *s)
{
    const struct level *level = &s->levels[s->depth - 1];

    if (level->is_object)
        return scan_key(s);
    s->capture = false;
    s->name = NULL;
    s->seed = ((uint64_t)level->count + 1) * SEED_LITERAL;
    return true;
}

static int saturated(double number)
{
    if (number >= INT_MAX)
        return INT_MAX;
    return number <= (double)INT_MIN ? INT_MIN : (int)number;
}

static bool scan_text(struct scan *s, XXH128_hash_t *hash)
{
    char *text;

    if (!jsonscan_string(s, s->seed ^ SEED_STRING, &text, hash))
        return false;
    add_node(s, cJSON_String)->valuestring = text;
    return true;
}

static bool scan_number(struct scan *s, XXH128_hash_t *hash)
{
    double number;
    cJSON *node;

    if (!jsonscan_number(s, s->seed ^ SEED_NUMBER, &number, hash))
        return false;
    node = add_node(s, cJSON_Number);
    node->valuedouble = number;
    node->valueint = saturated(number);
    return true;
}

static bool scan_literal(struct scan *s, XXH128_hash_t *hash)
{
    int type;

    if (!jsonscan_literal(s, s->seed ^ SEED_LITERAL, &type, hash))
        return false;
    add_node(s, type)->valueint = type == cJSON_True;
    return true;
}

static bool scan_scalar(struct scan *s)
{
    bool capture = s->capture;
    XXH128_hash_t hash;
    unsigned char c;
    bool ok;

    if (s->at >= s->len)
        return jsonscan_fail_here(s);
    c = s->p[s->at];
    if (c == '"')
        ok = scan_text(s, &hash);
    else if (c == '-' || (c >= '0' && c <= '9'))
        ok = scan_number(s, &hash);
    else
        ok = scan_literal(s, &hash);
    if (ok)
        value_done(s, hash, capture);
    return ok;
}

static bool at_close(const struct scan *s)
{
    return s->at < s->len && s->p[s->at] == (s->levels[s->depth - 1].is_object ? '}' : ']');
}

/* Behind a value: closes what ends here, up to the next comma (true with *more) or the end of the outermost
 * value. */
static bool scan_behind(struct scan *s, bool *more)
{
    *more = false;
    while (s->depth) {
        skip_space(s);
        if (at_close(s)) {
            close_level(s);
            continue;
        }
        if (s->at >= s->len || s->p[s->at] != ',')
            return jsonscan_fail_here(s);
        s->at++;
        *more = true;
        return next_member(s);
    }
    return true;
}

static bool scan_all(struct scan *s)
{
    bool more = true;

    while (more) {
        skip_space(s);
        if (s->at < s->len && (s->p[s->at] == '{' || s->p[s->at] == '[')) {
            if (!open_level(s, s->p[s->at] == '{'))
                return false;
            skip_space(s);
            if (!at_close(s)) {
                if (!next_member(s))
                    return false;
                continue;
            }
        } else if (!scan_scalar(s)) {
            return false;
        }
        if (!scan_behind(s, &more))
            return false;
    }
    skip_space(s);
    if (s->at < s->len)
        return jsonscan_fail(s, s->p[s->at] ? JSONSCAN_TRAILING : JSONSCAN_NUL, s->at);
    return true;
}

bool jsonscan_tree(const void *text, size_t len, unsigned depth_max, const char *hash_member,
                   struct jsontree *tree, struct jsonscan *out)
{
    struct scan s; /* 16 KiB, filled in as far as it is used */

    ASSERT(!tree->root && depth_max > 0 && depth_max <= JSONSCAN_DEPTH_MAX);
    out->fault = JSONSCAN_NONE;
    out->offset = 0;
    out->path[0] = '\0';
    out->hash = (struct key128){0, 0};
    s.p = text;
    s.len = len;
    s.at = 0;
    s.depth = 0;
    s.depth_max = depth_max;
    s.key_count = 0;
    s.want_member = hash_member != NULL;
    s.wanted_key = hash_member ? XXH3_128bits_withSeed(hash_member, strlen(hash_member), 0).low64 : 0;
    s.seed = 0;
    s.capture = !hash_member;
    s.out = out;
    s.tree = tree;
    s.root = NULL;
    s.name = NULL;
    skip_space(&s);
    if (s.at == len)
        return jsonscan_fail(&s, JSONSCAN_EMPTY, 0);
    if (!scan_all(&s))
        return false;
    tree->root = s.root;
    return true;
}

bool jsonscan(const void *text, size_t len, unsigned depth_max, const char *hash_member, struct jsonscan *out)
{
    struct jsontree tree;
    bool ok;

    jsontree_init(&tree);
    ok = jsonscan_tree(text, len, depth_max, hash_member, &tree, out);
    jsontree_free(&tree);
    return ok;
}

const char *jsonscan_text(enum jsonscan_fault fault)
{
    static const char *const texts[] = {
#define X(name, text) text,
        JSONSCAN_FAULTS(X)
#undef X
    };

    ASSERT(fault < JSONSCAN_FAULT_COUNT);
    return texts[fault];
}
