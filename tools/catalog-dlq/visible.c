#include "visible.h"

#include "common/redact.h"
#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

static uint32_t code_point(const unsigned char *p, size_t size)
{
    switch (size) {
    case 1: return p[0];
    case 2: return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    case 3: return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    default:
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 |
               (p[3] & 0x3f);
    }
}

/* Controls (C0, DEL, C1) and format characters that reorder, hide or break text. */
static bool is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static void put_hidden(struct sbuf *out, uint32_t c)
{
    if (c == '\n')
        sbuf_puts(out, "\\n");
    else if (c == '\r')
        sbuf_puts(out, "\\r");
    else if (c == '\t')
        sbuf_puts(out, "\\t");
    else if (c < 0x80)
        sbuf_printf(out, "\\x%02x", (unsigned)c);
    else
        sbuf_printf(out, "\\u{%04x}", (unsigned)c);
}

void visible_put(struct sbuf *out, const void *bytes, size_t len, size_t max_chars)
{
    const unsigned char *p = bytes;
    size_t from = out->len, shown = 0, at = 0;

    while (at < len) {
        size_t run = utf8_plain_run(p + at, len - at), size;

        if (max_chars > 0 && shown == max_chars) {
            sbuf_puts(out, "…");
            break;
        }
        if (run > 0) {
            if (max_chars > 0 && run > max_chars - shown)
                run = max_chars - shown;
            sbuf_put(out, p + at, run);
            shown += run;
            at += run;
            continue;
        }
        size = utf8_sequence(p + at, len - at);
        if (size == 0)
            sbuf_printf(out, "\\x%02x", p[at]);
        else if (is_hidden(code_point(p + at, size)))
            put_hidden(out, code_point(p + at, size));
        else
            sbuf_put(out, p + at, size);
        at += size ? size : 1;
        shown++;
    }
    if (sbuf_ok(out) && out->data && out->len > from) {
        out->len = from + redact_bytes(out->data + from, out->len - from);
        out->data[out->len] = '\0';
    }
}

bool visible_is_plain(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t at = 0; at < len;) {
        size_t run = utf8_plain_run(p + at, len - at);
        size_t size = run ? run : utf8_sequence(p + at, len - at);

        if (size == 0 || (!run && is_hidden(code_point(p + at, size))))
            return false;
        at += size;
    }
    return true;
}

size_t visible_columns(const char *text, size_t len)
{
    size_t columns = 0;

    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            columns++;
    return columns;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_put(struct sbuf *out, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t three = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)p[i + 2] : 0);
        char four[4] = {alphabet[three >> 18], alphabet[three >> 12 & 63],
                        left > 1 ? alphabet[three >> 6 & 63] : '=', left > 2 ? alphabet[three & 63] : '='};

        sbuf_put(out, four, sizeof four);
    }
}

static int digit_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

bool base64_read(struct sbuf *out, const char *text, size_t len)
{
    if (len % 4 != 0)
        return false;
    for (size_t i = 0; i < len; i += 4) {
        bool last = i + 4 == len;
        int d[4], pad = last ? (text[i + 3] == '=') + (text[i + 2] == '=' && text[i + 3] == '=') : 0;
        uint32_t three = 0;
        unsigned char bytes[3];

        for (int k = 0; k < 4; k++) {
            d[k] = k >= 4 - pad ? 0 : digit_of(text[i + (size_t)k]);
            if (d[k] < 0)
                return false;
            three = three << 6 | (uint32_t)d[k];
        }
        bytes[0] = (unsigned char)(three >> 16);
        bytes[1] = (unsigned char)(three >> 8);
        bytes[2] = (unsigned char)three;
        if ((pad > 0 && bytes[2]) || (pad > 1 && bytes[1]))
            return false; /* bits that stand for nothing */
        sbuf_put(out, bytes, (size_t)(3 - pad));
    }
    return sbuf_ok(out);
}
