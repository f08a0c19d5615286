#include "common/textsafe.h"
#include "common/redact.h"
#include "common/utf8.h"

#include <string.h>

size_t textsafe_cut(const char *text, size_t len, size_t cap)
{
    size_t cut = cap;

    if (len <= cap)
        return len;
    while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
        cut--;
    return cap - cut < 4 ? cut : cap; /* more continuation bytes than UTF-8 has: no UTF-8, cut anywhere */
}

/* Makes text[0..len) safe in place; what is replaced never grows. Returns the new length. */
static size_t make_safe(char *text, size_t len)
{
    size_t in = 0, out = 0;

    while (in < len) {
        const unsigned char *p = (const unsigned char *)text + in;
        size_t sequence = utf8_sequence(p, len - in);

        if (sequence == 0) {
            text[out++] = '?';
            in++;
        } else if (*p < 0x20 || *p == 0x7f || (sequence == 2 && *p == 0xc2 && p[1] < 0xa0)) {
            text[out++] = ' ';
            in += sequence;
        } else {
            memmove(text + out, text + in, sequence);
            out += sequence;
            in += sequence;
        }
    }
    return out;
}

size_t textsafe_copy(char *out, size_t cap, const char *text, size_t len)
{
    size_t n = 0;

    if (text && len) {
        n = textsafe_cut(text, len, redact_cut(text, len, cap - 1));
        memcpy(out, text, n);
        n = make_safe(out, redact_bytes(out, n));
    }
    out[n] = '\0';
    return n;
}
