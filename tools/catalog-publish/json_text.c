#include "json_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *text;
    size_t len, at;
    const char *what; /* the first fault, NULL while all is well */
    size_t what_at;
};

static bool fault(struct reader *r, const char *what)
{
    if (!r->what) {
        r->what = what;
        r->what_at = r->at;
    }
    return false;
}

static int peek(const struct reader *r)
{
    return r->at < r->len ? (unsigned char)r->text[r->at] : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blank(struct reader *r)
{
    while (r->at < r->len && is_blank(r->text[r->at]))
        r->at++;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(int c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Length of the UTF-8 sequence at text, 0 if it is none (over-long forms, surrogates and > U+10FFFF
 * included). */
static size_t utf8_length(const unsigned char *text, size_t left)
{
    static const struct {
        unsigned char from, to, second_from, second_to, len;
    } forms[] = {{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                 {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                 {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (text[0] < forms[i].from || text[0] > forms[i].to)
            continue;
        if (left < forms[i].len)
            return 0;
        if (forms[i].len > 1 && (text[1] < forms[i].second_from || text[1] > forms[i].second_to))
            return 0;
        for (size_t k = 2; k < forms[i].len; k++)
            if (text[k] < 0x80 || text[k] > 0xbf)
                return 0;
        return forms[i].len;
    }
    return 0;
}

static bool read_hex4(struct reader *r, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int value = hex_value(peek(r));

        if (value < 0)
            return fault(r, "\\u wants four hexadecimal digits");
        *out = *out * 16 + (unsigned)value;
    }
    return true;
}

static bool read_unicode_escape(struct reader *r)
{
    unsigned unit, low;

    if (!read_hex4(r, &unit))
        return false;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    if (unit > 0xdbff || peek(r) != '\\' || r->at + 1 >= r->len || r->text[r->at + 1] != 'u')
        return fault(r, "half of a surrogate pair");
    r->at += 2;
    if (!read_hex4(r, &low))
        return false;
    return low >= 0xdc00 && low <= 0xdfff ? true : fault(r, "half of a surrogate pair");
}

static bool read_string(struct reader *r, struct json_span *out)
{
    size_t from = ++r->at;

    for (;;) {
        int c = peek(r);
        size_t n;

        if (c < 0)
            return fault(r, "a string without its end");
        if (c == '"')
            break;
        if (c < 0x20)
            return fault(r, "a control character inside a string");
        if (c == '\\') {
            r->at++;
            c = peek(r);
            if (c <= 0 || !strchr("\"\\/bfnrtu", c))
                return fault(r, "an unknown escape in a string");
            r->at++;
            if (c == 'u' && !read_unicode_escape(r))
                return false;
            continue;
        }
        n = utf8_length((const unsigned char *)r->text + r->at, r->len - r->at);
        if (n == 0)
            return fault(r, "a byte that is not UTF-8");
        r->at += n;
    }
    *out = (struct json_span){r->text + from, r->at - from, JSON_STRING};
    r->at++;
    return true;
}

static bool read_digits(struct reader *r)
{
    if (!is_digit(peek(r)))
        return fault(r, "a digit is missing in a number");
    while (is_digit(peek(r)))
        r->at++;
    return true;
}

static bool read_number(struct reader *r, struct json_span *out)
{
    size_t from = r->at;

    if (peek(r) == '-')
        r->at++;
    if (peek(r) == '0') {
        r->at++;
        if (is_digit(peek(r)))
            return fault(r, "a number with a leading zero");
    } else if (!read_digits(r)) {
        return false;
    }
    if (peek(r) == '.') {
        r->at++;
        if (!read_digits(r))
            return false;
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        if (peek(r) == '+' || peek(r) == '-')
            r->at++;
        if (!read_digits(r))
            return false;
    }
    *out = (struct json_span){r->text + from, r->at - from, JSON_NUMBER};
    return true;
}

static bool read_word(struct reader *r, const char *word, enum json_kind kind, struct json_span *out)
{
    size_t n = strlen(word);

    if (r->len - r->at < n || memcmp(r->text + r->at, word, n) != 0)
        return fault(r, "not a JSON value");
    *out = (struct json_span){r->text + r->at, n, kind};
    r->at += n;
    return true;
}

static bool read_value(struct reader *r, struct json_span *out, int depth);

static bool keep_member(struct reader *r, struct json_object *keep, struct json_member member)
{
    for (int i = 0; i < keep->count; i++) {
        const struct json_span *name = &keep->members[i].name;

        if (name->len == member.name.len && !memcmp(name->at, member.name.at, name->len))
            return fault(r, "a member stands twice");
    }
    if (keep->count == JSON_MEMBERS_MAX)
        return fault(r, "more than 256 members");
    keep->members[keep->count++] = member;
    return true;
}

/* keep is NULL for every object but the outermost. */
static bool read_object(struct reader *r, struct json_object *keep, int depth)
{
    r->at++;
    skip_blank(r);
    if (peek(r) == '}') {
        r->at++;
        return true;
    }
    for (;;) {
        struct json_member member;

        skip_blank(r);
        if (peek(r) != '"')
            return fault(r, "a member's name is missing");
        if (!read_string(r, &member.name))
            return false;
        skip_blank(r);
        if (peek(r) != ':')
            return fault(r, "a colon is missing");
        r->at++;
        if (!read_value(r, &member.value, depth) || (keep && !keep_member(r, keep, member)))
            return false;
        skip_blank(r);
        if (peek(r) == '}')
            break;
        if (peek(r) != ',')
            return fault(r, "a comma or the object's end is missing");
        r->at++;
    }
    r->at++;
    return true;
}

static bool read_array(struct reader *r, int depth)
{
    struct json_span element;

    r->at++;
    skip_blank(r);
    if (peek(r) == ']') {
        r->at++;
        return true;
    }
    for (;;) {
        if (!read_value(r, &element, depth))
            return false;
        skip_blank(r);
        if (peek(r) == ']')
            break;
        if (peek(r) != ',')
            return fault(r, "a comma or the array's end is missing");
        r->at++;
    }
    r->at++;
    return true;
}

static bool read_value(struct reader *r, struct json_span *out, int depth)
{
    size_t from;
    int c;

    skip_blank(r);
    from = r->at;
    c = peek(r);
    if (c == '{' || c == '[') {
        if (depth >= JSON_DEPTH_MAX)
            return fault(r, "nested deeper than 32");
        if (!(c == '{' ? read_object(r, NULL, depth + 1) : read_array(r, depth + 1)))
            return false;
        *out = (struct json_span){r->text + from, r->at - from, c == '{' ? JSON_OBJECT : JSON_ARRAY};
        return true;
    }
    switch (c) {
    case '"': return read_string(r, out);
    case 'n': return read_word(r, "null", JSON_NULL, out);
    case 't': return read_word(r, "true", JSON_TRUE, out);
    case 'f': return read_word(r, "false", JSON_FALSE, out);
    case -1: return fault(r, "the text ends too early");
    default:
        if (c == '-' || is_digit(c))
            return read_number(r, out);
        return fault(r, "not a JSON value");
    }
}

bool json_read_object(struct json_object *object, const char *text, size_t len, struct json_fault *out)
{
    struct reader r = {.text = text, .len = len};
    bool ok;

    object->count = 0;
    skip_blank(&r);
    if (peek(&r) != '{') {
        ok = fault(&r, "not a JSON object");
    } else {
        ok = read_object(&r, object, 1);
        skip_blank(&r);
        if (ok && r.at != r.len)
            ok = fault(&r, "something follows the JSON object");
    }
    if (!ok)
        *out = (struct json_fault){r.what_at, r.what};
    return ok;
}

struct json_span json_get(const struct json_object *object, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < object->count; i++) {
        const struct json_member *member = &object->members[i];

        if (member->name.len == len && !memcmp(member->name.at, name, len))
            return member->value;
    }
    return (struct json_span){NULL, 0, JSON_ABSENT};
}

static unsigned hex4(const char *at)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++)
        value = value * 16 + (unsigned)hex_value((unsigned char)at[i]);
    return value;
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* The code point of the escape at at (which points at the backslash); *used gets its length in the text. */
static unsigned escape_code(const char *at, size_t *used)
{
    static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
    const char *simple;
    unsigned unit;

    *used = 2;
    if (at[1] != 'u') {
        simple = strchr(names, at[1]);
        return simple ? (unsigned char)codes[simple - names] : (unsigned char)at[1];
    }
    unit = hex4(at + 2);
    *used = 6;
    if (unit < 0xd800 || unit > 0xdbff)
        return unit;
    *used = 12;
    return 0x10000 + ((unit - 0xd800) << 10) + (hex4(at + 8) - 0xdc00);
}

ptrdiff_t json_decode(char *out, size_t size, struct json_span string)
{
    size_t n = 0;

    for (size_t i = 0; i < string.len;) {
        size_t used = 1;

        if (n + 5 > size) /* room for one code point and the NUL */
            return -1;
        if (string.at[i] == '\\') {
            unsigned code = escape_code(string.at + i, &used);

            if (code == 0)
                return -1;
            n += put_utf8(out + n, code);
        } else {
            out[n++] = string.at[i];
        }
        i += used;
    }
    if (n >= size)
        return -1;
    out[n] = '\0';
    return (ptrdiff_t)n;
}

bool json_integer(int64_t *out, struct json_span number)
{
    char text[24], *end = NULL;

    if (number.kind != JSON_NUMBER || number.len >= sizeof(text))
        return false;
    memcpy(text, number.at, number.len);
    text[number.len] = '\0';
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !errno && end == text + number.len;
}
