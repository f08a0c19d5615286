#include "worker/adapters/redis_resp.h"

#include "common/assertx.h"
#include "common/digits.h"

#include <stdlib.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static char *grow(char *data, size_t *cap, size_t need)
{
    size_t size = *cap ? *cap : 1024;

    ASSERT(need <= RESP_MAX_SIZE);
    while (size < need)
        size *= 2;
    data = realloc(data, size);
    ASSERT(data != NULL);
    *cap = size;
    return data;
}

static char *room(struct resp *r, size_t more)
{
    if (r->len + more > r->cap)
        r->data = grow(r->data, &r->cap, r->len + more);
    return r->data + r->len;
}

void resp_reset(struct resp *r)
{
    r->len = RESP_HEAD_SIZE;
    r->args = 0;
}

void resp_free(struct resp *r)
{
    free(r->data);
    *r = (struct resp){0};
}

size_t resp_digits(uint64_t number, char out[20])
{
    return digits_u64(number, out);
}

/* "$<len>\r\n", room for the bytes, "\r\n"; returns where the bytes go. */
static char *argument(struct resp *r, size_t len)
{
    char *start = room(r, len + 26), *at = start;

    *at++ = '$';
    at += digits_u64(len, at);
    memcpy(at, "\r\n", 2);
    at += 2;
    memcpy(at + len, "\r\n", 2);
    r->len += (size_t)(at - start) + len + 2;
    r->args++;
    return at;
}

void resp_text(struct resp *r, const char *text, size_t len)
{
    char *at = argument(r, len);

    if (len > 0)
        memcpy(at, text, len);
}

void resp_str(struct resp *r, const char *text)
{
    resp_text(r, text, strlen(text));
}

void resp_u64(struct resp *r, uint64_t number)
{
    unsigned count = digits_count(number);

    digits_put(number, argument(r, count), count);
}

void resp_i64(struct resp *r, int64_t number)
{
    char digits[DIGITS_U64_MAX + 1];

    if (number >= 0) {
        resp_u64(r, (uint64_t)number);
        return;
    }
    digits[0] = '-';
    resp_text(r, digits, 1 + digits_u64(0 - (uint64_t)number, digits + 1));
}

void resp_fixed(struct resp *r, uint64_t number)
{
    ASSERT(number <= RESP_FIXED_MAX);
    digits_put(number, argument(r, RESP_FIXED_DIGITS), RESP_FIXED_DIGITS);
}

void resp_hex(struct key128 key, char out[32])
{
    digits_hex64(key.hi, out);
    digits_hex64(key.lo, out + DIGITS_HEX64);
}

void resp_hex64(struct resp *r, uint64_t number)
{
    digits_hex64(number, argument(r, DIGITS_HEX64));
}

void resp_key128(struct resp *r, struct key128 key)
{
    resp_hex(key, argument(r, 32));
}

void resp_parts(struct resp *r, const struct text *parts, size_t count)
{
    size_t len = 0;
    char *at;

    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    at = argument(r, len);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
}

void resp_raw(struct resp *r, const char *arguments, size_t len, uint32_t count)
{
    memcpy(room(r, len), arguments, len);
    r->len += len;
    r->args += count;
}

size_t resp_last_at(const struct resp *r, size_t size)
{
    ASSERT(r->len >= size + 2);
    return r->len - size - 2;
}

struct text resp_command(struct resp *r, const char *sha)
{
    char head[RESP_HEAD_SIZE];
    size_t len = 0;

    ASSERT(r->args > 0);
    head[len++] = '*';
    len += resp_digits(r->args + (sha ? 2 : 0), head + len);
    head[len++] = '\r';
    head[len++] = '\n';
    if (sha) {
        static const char name[] = "$7\r\nEVALSHA\r\n$40\r\n";

        memcpy(head + len, name, sizeof name - 1);
        len += sizeof name - 1;
        memcpy(head + len, sha, 40);
        len += 40;
        head[len++] = '\r';
        head[len++] = '\n';
    }
    memcpy(r->data + RESP_HEAD_SIZE - len, head, len);
    return (struct text){.ptr = r->data + RESP_HEAD_SIZE - len,
                         .len = (uint32_t)(r->len - RESP_HEAD_SIZE + len)};
}

void resp_scratch_free(struct resp_scratch *scratch)
{
    free(scratch->data);
    *scratch = (struct resp_scratch){0};
}

void resp_scratch_room(struct resp_scratch *scratch, size_t size_bytes)
{
    scratch->len = 0;
    if (3 * size_bytes > scratch->cap)
        scratch->data = grow(scratch->data, &scratch->cap, 3 * size_bytes);
}

static bool is_plain(unsigned char c)
{
    return c > ' ' && c != '%' && c != 0x7f;
}

/* Bytes at the start that stay as they are. Ids and SKUs are plain ASCII, nearly always: eight at once. */
static size_t plain_len(struct text text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    size_t at = 0;

    for (; text.len - at >= 8; at += 8) {
        uint64_t v, percent, del;

        memcpy(&v, text.ptr + at, 8);
        percent = v ^ (ones * '%');
        del = v ^ (ones * 0x7f);
        if ((v | (v - ones * 0x21) | (percent - ones) | (del - ones)) & highs)
            break; /* one of these eight, or none: looked at one by one */
    }
    while (at < text.len && is_plain((unsigned char)text.ptr[at]))
        at++;
    return at;
}

struct text resp_encode(struct resp_scratch *scratch, struct text text)
{
    bool alone = text.len == 1 && text.ptr[0] == '-';
    char *out, *start;

    if (!alone && plain_len(text) == text.len)
        return text;
    ASSERT(scratch->len + 3 * (size_t)text.len <= scratch->cap);
    out = start = scratch->data + scratch->len;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (is_plain(c) && !alone) {
            *out++ = (char)c;
            continue;
        }
        *out++ = '%';
        *out++ = hex_digits[c >> 4];
        *out++ = hex_digits[c & 15];
    }
    scratch->len += (size_t)(out - start);
    return (struct text){.ptr = start, .len = (uint32_t)(out - start)};
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t resp_decode(char *text, size_t len)
{
    size_t out = 0;

    if (len == 1 && text[0] == '-')
        return 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%' && len - i > 2 && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            text[out++] = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            text[out++] = text[i];
        }
    }
    return out;
}
