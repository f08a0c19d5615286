#include "common/utf8.h"

size_t utf8_sequence(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xbf; /* bounds of the second byte, narrower after some first bytes */
    size_t len;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (left < len)
        return 0;
    if (p[0] == 0xe0)
        low = 0xa0; /* overlong */
    else if (p[0] == 0xed)
        high = 0x9f; /* surrogates */
    else if (p[0] == 0xf0)
        low = 0x90; /* overlong */
    else if (p[0] == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

size_t utf8_valid_up_to(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    size_t at = 0;

    while (at < len) {
        size_t step;

        if (len - at >= 8) {
            uint64_t v;

            memcpy(&v, p + at, 8);
            if (!(v & UINT64_C(0x8080808080808080))) {
                at += 8;
                continue;
            }
        }
        step = utf8_sequence(p + at, len - at);
        if (step == 0)
            return at;
        at += step;
    }
    return len;
}

size_t utf8_count(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += (p[i] & 0xc0) != 0x80;
    return count;
}

bool text_is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
            return false;
    }
    return true;
}

size_t text_control_at(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x20 || c == 0x7f)
            return i;
    }
    return len;
}
