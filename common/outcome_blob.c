/* The stored outcome: a version byte, then
 *
 *   byte    kind, and the path in the upper half
 *   u16     which of the following are there (enum part), little endian
 *   varint  version, current version (where it differs), item id (where it is digits)
 *   text    varint length and bytes, in the order of enum part
 *   ...     absorbed: varint count, varint listed, texts; error: zigzag code and subcode, varint status, four
 * texts */
#include "common/assertx.h"
#include "common/result_parts.h"

#include <string.h>

enum { BLOB_VERSION = 1, VARINT_MAX_BYTES = 10, DIGITS_MAX = 18 };

enum part {
    PART_VERSION = 1 << 0,
    PART_CURRENT_SAME = 1 << 1, /* the current version is the version */
    PART_CURRENT = 1 << 2,
    PART_ITEM_NUMBER = 1 << 3,
    PART_ITEM_TEXT = 1 << 4,
    PART_HASH = 1 << 5,
    PART_REASON = 1 << 6,
    PART_SKU = 1 << 7,
    PART_SUPERSEDED_BY = 1 << 8,
    PART_ABSORBED = 1 << 9,
    PART_ERROR = 1 << 10,
    PART_PLANNED = 1 << 11,
    PART_ALL = (1 << 12) - 1,
};

/* The worst case, part by part, stays below the maximum. */
_Static_assert(8 + 3 * VARINT_MAX_BYTES + 3 * (RESULT_ID_MAX_BYTES + 2) + 16 + RESULT_SKU_MAX_BYTES + 2 +
                       RESULT_ABSORBED_MAX_BYTES + 2 * VARINT_MAX_BYTES + OUTCOME_BLOB_ERROR_MAX_BYTES <
                   OUTCOME_BLOB_MAX_BYTES,
               "a stored outcome always fits");
_Static_assert(RESULT_MESSAGE_MAX_BYTES + RESULT_USER_MESSAGE_MAX_BYTES + RESULT_TRACE_MAX_BYTES +
                       RESULT_CLASS_MAX_BYTES + 40 <=
                   OUTCOME_BLOB_ERROR_MAX_BYTES,
               "a stored error keeps to 1 KiB");

struct writer {
    uint8_t *p, *end;
};

static void put_byte(struct writer *w, uint8_t byte)
{
    ASSERT(w->p < w->end);
    *w->p++ = byte;
}

static void put_varint(struct writer *w, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        put_byte(w, (uint8_t)(n | 0x80));
    put_byte(w, (uint8_t)n);
}

static void put_zigzag(struct writer *w, int32_t n)
{
    put_varint(w, ((uint32_t)n << 1) ^ (n < 0 ? UINT32_MAX : 0));
}

static void put_text(struct writer *w, const char *text, size_t cap)
{
    size_t len = result_cut(text, cap);

    put_varint(w, len);
    ASSERT((size_t)(w->end - w->p) >= len);
    if (len)
        memcpy(w->p, text, len);
    w->p += len;
}

/* The item id as a number, where writing that number gives the same text again; 0: it does not. */
static uint64_t as_number(const char *text)
{
    uint64_t n = 0;
    size_t len = strnlen(text, DIGITS_MAX + 1);

    if (len == 0 || len > DIGITS_MAX || text[0] == '0')
        return 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    return n;
}

static unsigned parts_of(const struct result_outcome *o)
{
    unsigned parts = 0;

    parts |= o->version > 0 ? PART_VERSION : 0;
    parts |=
        o->current_version > 0 ? (o->current_version == o->version ? PART_CURRENT_SAME : PART_CURRENT) : 0;
    if (result_has(o->catalog_id))
        parts |= as_number(o->catalog_id) ? PART_ITEM_NUMBER : PART_ITEM_TEXT;
    parts |= key128_none(o->content_hash) ? 0 : PART_HASH;
    parts |= result_has(o->reason) ? PART_REASON : 0;
    parts |= result_has(o->sku) ? PART_SKU : 0;
    parts |= result_has(o->superseded_by) ? PART_SUPERSEDED_BY : 0;
    parts |= o->absorbed_count ? PART_ABSORBED : 0;
    parts |= o->error.class_name ? PART_ERROR : 0;
    parts |= result_has(o->planned) && !o->error.class_name ? PART_PLANNED : 0;
    return parts;
}

static void put_absorbed(struct writer *w, const struct result_outcome *o)
{
    uint32_t listed = result_absorbed_listed(o);

    put_varint(w, o->absorbed_count);
    put_varint(w, listed);
    for (uint32_t i = 0; i < listed; i++)
        put_text(w, o->absorbed[i], RESULT_ID_MAX_BYTES);
}

static void put_error(struct writer *w, const struct result_error *error)
{
    char safe[RESULT_MESSAGE_MAX_BYTES + 1];

    put_zigzag(w, error->code);
    put_zigzag(w, error->subcode);
    put_varint(w, error->http_status > 0 ? (uint64_t)error->http_status : 0);
    put_text(w, error->class_name, RESULT_CLASS_MAX_BYTES);
    result_safe(error->message, safe, sizeof(safe));
    put_text(w, safe, RESULT_MESSAGE_MAX_BYTES);
    result_safe(error->user_message, safe, RESULT_USER_MESSAGE_MAX_BYTES + 1);
    put_text(w, safe, RESULT_USER_MESSAGE_MAX_BYTES);
    put_text(w, error->fbtrace_id, RESULT_TRACE_MAX_BYTES);
}

size_t outcome_blob_encode(const struct result_outcome *o, uint8_t *out, size_t cap)
{
    struct writer w = {out, out + cap};
    unsigned parts = parts_of(o);

    ASSERT(cap >= OUTCOME_BLOB_MAX_BYTES);
    put_byte(&w, BLOB_VERSION);
    put_byte(&w, (uint8_t)((unsigned)o->kind | (unsigned)o->path << 4));
    put_byte(&w, (uint8_t)parts);
    put_byte(&w, (uint8_t)(parts >> 8));
    if (parts & PART_VERSION)
        put_varint(&w, (uint64_t)o->version);
    if (parts & PART_CURRENT)
        put_varint(&w, (uint64_t)o->current_version);
    if (parts & PART_ITEM_NUMBER)
        put_varint(&w, as_number(o->catalog_id));
    if (parts & PART_ITEM_TEXT)
        put_text(&w, o->catalog_id, RESULT_ID_MAX_BYTES);
    for (int i = 0; parts & PART_HASH && i < 16; i++)
        put_byte(&w, (uint8_t)((i < 8 ? o->content_hash.hi : o->content_hash.lo) >> (56 - i % 8 * 8)));
    if (parts & PART_REASON)
        put_text(&w, o->reason, RESULT_ID_MAX_BYTES);
    if (parts & PART_SKU)
        put_text(&w, o->sku, RESULT_SKU_MAX_BYTES);
    if (parts & PART_SUPERSEDED_BY)
        put_text(&w, o->superseded_by, RESULT_ID_MAX_BYTES);
    if (parts & PART_ABSORBED)
        put_absorbed(&w, o);
    if (parts & PART_ERROR)
        put_error(&w, &o->error);
    if (parts & PART_PLANNED) /* never beside an error: only what would succeed is planned */
        put_text(&w, o->planned, RESULT_PLANNED_MAX_BYTES);
    return (size_t)(w.p - out);
}

struct reader {
    const uint8_t *p, *end;
    struct text_area area;
    bool bad; /* cut, over a bound, or no room: all that follows is not to be trusted */
};

static uint8_t get_byte(struct reader *r)
{
    if (r->p == r->end) {
        r->bad = true;
        return 0;
    }
    return *r->p++;
}

/* A number from 0 to max. */
static uint64_t get_varint(struct reader *r, uint64_t max)
{
    uint64_t n = 0;

    for (int shift = 0; shift < 63; shift += 7) {
        uint8_t byte = get_byte(r);

        n |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            r->bad |= n > max;
            return r->bad ? 0 : n;
        }
    }
    r->bad = true;
    return 0;
}

static int32_t get_zigzag(struct reader *r)
{
    uint32_t n = (uint32_t)get_varint(r, UINT32_MAX);

    return (int32_t)((n >> 1) ^ (n & 1 ? UINT32_MAX : 0));
}

static const char *get_text(struct reader *r, size_t cap)
{
    size_t len = get_varint(r, cap);
    const char *text;

    if (r->bad || (size_t)(r->end - r->p) < len || memchr(r->p, '\0', len)) {
        r->bad = true;
        return NULL;
    }
    text = text_area_copy(&r->area, (const char *)r->p, len);
    r->p += len;
    r->bad |= !text;
    return text;
}

/* As get_text, with NULL for an empty one. */
static const char *get_optional(struct reader *r, size_t cap)
{
    const char *text = get_text(r, cap);

    return result_has(text) ? text : NULL;
}

static const char *get_item_number(struct reader *r)
{
    uint64_t n = get_varint(r, UINT64_C(999999999999999999));
    char digits[24], *p = digits + sizeof(digits);
    const char *text;

    do {
        *--p = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    text = text_area_copy(&r->area, p, (size_t)(digits + sizeof(digits) - p));
    r->bad |= !text;
    return text;
}

static void get_absorbed(struct reader *r, struct result_outcome *o)
{
    uint32_t listed;

    o->absorbed_count = (uint32_t)get_varint(r, UINT32_MAX);
    listed = (uint32_t)get_varint(r, RESULT_ABSORBED_MAX);
    for (uint32_t i = 0; i < listed && !r->bad; i++)
        o->absorbed[o->absorbed_listed++] = get_text(r, RESULT_ID_MAX_BYTES);
}

static void get_error(struct reader *r, struct result_error *error)
{
    error->code = get_zigzag(r);
    error->subcode = get_zigzag(r);
    error->http_status = (int)get_varint(r, 999);
    error->class_name = get_text(r, RESULT_CLASS_MAX_BYTES);
    error->message = get_optional(r, RESULT_MESSAGE_MAX_BYTES);
    error->user_message = get_optional(r, RESULT_USER_MESSAGE_MAX_BYTES);
    error->fbtrace_id = get_optional(r, RESULT_TRACE_MAX_BYTES);
}

static void get_hash(struct reader *r, struct key128 *hash)
{
    for (int i = 0; i < 16; i++) {
        uint64_t *half = i < 8 ? &hash->hi : &hash->lo;

        *half = *half << 8 | get_byte(r);
    }
}

bool outcome_blob_decode(const uint8_t *blob, size_t blob_bytes, struct result_outcome *o, char *text,
                         size_t text_bytes)
{
    struct reader r = {.p = blob, .end = blob + blob_bytes, .area = {text, text_bytes}};
    uint8_t head;
    unsigned parts;

    memset(o, 0, sizeof(*o));
    if (!blob || blob_bytes > OUTCOME_BLOB_MAX_BYTES || get_byte(&r) != BLOB_VERSION)
        return false;
    head = get_byte(&r);
    parts = get_byte(&r);
    parts |= (unsigned)get_byte(&r) << 8;
    if ((head & 15) == RESULT_NONE || (head & 15) >= RESULT_KIND_COUNT || head >> 4 > RESULT_PATH_BULK ||
        parts > PART_ALL)
        return false;
    o->kind = (enum result_kind)(head & 15);
    o->path = (enum result_path)(head >> 4);
    if (parts & PART_VERSION)
        o->version = (int64_t)get_varint(&r, INT64_MAX);
    if (parts & PART_CURRENT)
        o->current_version = (int64_t)get_varint(&r, INT64_MAX);
    if (parts & PART_CURRENT_SAME)
        o->current_version = o->version;
    if (parts & PART_ITEM_NUMBER)
        o->catalog_id = get_item_number(&r);
    if (parts & PART_ITEM_TEXT)
        o->catalog_id = get_text(&r, RESULT_ID_MAX_BYTES);
    if (parts & PART_HASH)
        get_hash(&r, &o->content_hash);
    if (parts & PART_REASON)
        o->reason = get_text(&r, RESULT_ID_MAX_BYTES);
    if (parts & PART_SKU)
        o->sku = get_text(&r, RESULT_SKU_MAX_BYTES);
    if (parts & PART_SUPERSEDED_BY)
        o->superseded_by = get_text(&r, RESULT_ID_MAX_BYTES);
    if (parts & PART_ABSORBED)
        get_absorbed(&r, o);
    if (parts & PART_ERROR)
        get_error(&r, &o->error);
    if (parts & PART_PLANNED)
        o->planned = get_text(&r, RESULT_PLANNED_MAX_BYTES);
    return !r.bad && r.p == r.end;
}
