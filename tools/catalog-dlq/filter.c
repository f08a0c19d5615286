#include "filter.h"

#include "cause.h"
#include "visible.h"

#include "common/iso8601.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { GLOB_TEXT_MAX = 512, DATE_BYTES = 10 };

const char filter_help[] = "Filters (all of them must match):\n"
                           "  --class GLOB, --reason GLOB   as stats shows them, such as --reason 'price_*'\n"
                           "  --code N, --subcode N         the API's error code and subcode\n"
                           "  --fingerprint ID              a cause of stats, or the beginning of its name\n"
                           "  --product ID, --sku SKU, --catalog NAME\n"
                           "  --since TIME, --until TIME    when it died: 2026-11-22T21:00:00Z, 2026-11-22, "
                           "or ago: 90s, 30m, 2h, 7d\n"
                           "  --replays N, N+, or N-M       how often it was replayed before\n"
                           "  --text TEXT                   anywhere in key, value or headers\n";

static bool whole_number(const char *text, int64_t min, int64_t max, int64_t *out)
{
    char *end;
    long long n;

    if (!isdigit((unsigned char)text[0]) && !(text[0] == '-' && isdigit((unsigned char)text[1])))
        return false;
    n = strtoll(text, &end, 10);
    if (*end || n < min || n > max)
        return false;
    *out = n;
    return true;
}

static int64_t unit_ms(char unit)
{
    switch (unit) {
    case 's': return 1000;
    case 'm': return 60000;
    case 'h': return 3600000;
    case 'd': return 86400000;
    default: return 0;
    }
}

bool filter_time(const char *text, int64_t now_ms, int64_t *ms)
{
    size_t len = strlen(text);
    char digits[16], whole[64];
    int64_t n, us, unit = len > 1 ? unit_ms(text[len - 1]) : 0;

    if (unit > 0 && len <= 8) {
        memcpy(digits, text, len - 1);
        digits[len - 1] = '\0';
        if (!whole_number(digits, 0, 9999999, &n))
            return false;
        *ms = now_ms - n * unit;
        return true;
    }
    snprintf(whole, sizeof whole, "%.30s%s", text, len == DATE_BYTES ? "T00:00:00Z" : "");
    if (len > 30 || !iso8601_parse_us(whole, strlen(whole), &us))
        return false;
    *ms = us / 1000;
    return true;
}

static bool read_replays(struct filter *filter, const char *value)
{
    char first[16];
    const char *dash = strchr(value, '-');
    size_t len = strlen(value);

    filter->has_replays = true;
    if (len == 0 || len >= sizeof first)
        return false;
    if (dash) {
        snprintf(first, sizeof first, "%.*s", (int)(dash - value), value);
        return whole_number(first, 0, LETTER_REPLAYS_MAX, &filter->replays_min) &&
               whole_number(dash + 1, filter->replays_min, LETTER_REPLAYS_MAX, &filter->replays_max);
    }
    snprintf(first, sizeof first, "%.*s", (int)(len - (value[len - 1] == '+')), value);
    if (!whole_number(first, 0, LETTER_REPLAYS_MAX, &filter->replays_min))
        return false;
    filter->replays_max = value[len - 1] == '+' ? LETTER_REPLAYS_MAX : filter->replays_min;
    return true;
}

static bool read_code(const char *value, int32_t *code, bool *has)
{
    int64_t n;

    *has = true;
    if (!whole_number(value, INT32_MIN, INT32_MAX, &n))
        return false;
    *code = (int32_t)n;
    return true;
}

static bool is_fingerprint(const char *value)
{
    size_t len = strlen(value);

    return len > 0 && len < CAUSE_ID_BYTES && strspn(value, "0123456789abcdef") == len;
}

static int answer(bool ok, const char *name, const char *value, const char *wanted, char *why)
{
    if (ok)
        return 1;
    snprintf(why, FILTER_WHY_SIZE, "--%s %.100s: want %s", name, value, wanted);
    return -1;
}

int filter_option(struct filter *filter, const char *name, const char *value, int64_t now_ms,
                  char why[FILTER_WHY_SIZE])
{
    static const char time_wanted[] =
        "a time such as 2026-11-22T21:00:00Z, a date, or how long ago: 30m, 2h, 7d";
    const struct {
        const char *name;
        const char **field;
    } texts[] = {{"class", &filter->class_name}, {"reason", &filter->reason},   {"product", &filter->product},
                 {"sku", &filter->sku},          {"catalog", &filter->catalog}, {"text", &filter->text}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].field = value;
            return answer(value[0] != '\0', name, value, "a text that is not empty", why);
        }
    }
    if (strcmp(name, "since") == 0)
        return answer(filter_time(value, now_ms, &filter->since_ms), name, value, time_wanted, why);
    if (strcmp(name, "until") == 0)
        return answer(filter_time(value, now_ms, &filter->until_ms), name, value, time_wanted, why);
    if (strcmp(name, "code") == 0)
        return answer(read_code(value, &filter->code, &filter->has_code), name, value, "a whole number", why);
    if (strcmp(name, "subcode") == 0)
        return answer(read_code(value, &filter->subcode, &filter->has_subcode), name, value, "a whole number",
                      why);
    if (strcmp(name, "replays") == 0)
        return answer(read_replays(filter, value), name, value,
                      "a number (2), at least (2+) or a range (1-3)", why);
    if (strcmp(name, "fingerprint") == 0) {
        filter->fingerprint = value;
        return answer(is_fingerprint(value), name, value,
                      "up to 12 of the digits 0-9 a-f that stats shows for a cause", why);
    }
    return 0;
}

bool filter_is_empty(const struct filter *f)
{
    return f->key_count == 0 && !f->class_name && !f->reason && !f->product && !f->sku && !f->catalog &&
           !f->fingerprint && !f->text && f->since_ms == 0 && f->until_ms == 0 && !f->has_code &&
           !f->has_subcode && !f->has_replays;
}

void letter_name(const struct letter *letter, struct sbuf *out)
{
    if (letter->key.ptr)
        visible_put(out, letter->key.ptr, letter->key.len, 0);
    else
        sbuf_printf(out, "%d@%lld", letter->partition, (long long)letter->offset);
}

static bool equals(const char *wanted, struct bytes text)
{
    return !wanted || (text.ptr && strlen(wanted) == text.len && memcmp(wanted, text.ptr, text.len) == 0);
}

static bool globbed(const char *pattern, struct bytes text)
{
    char copy[GLOB_TEXT_MAX];

    if (!pattern)
        return true;
    snprintf(copy, sizeof copy, "%.*s", (int)(text.len < sizeof copy ? text.len : sizeof copy - 1),
             text.ptr ? text.ptr : "");
    return fnmatch(pattern, copy, FNM_CASEFOLD) == 0;
}

static bool holds(const void *bytes, size_t len, const char *text)
{
    size_t want = strlen(text);
    const char *p = bytes;

    if (!p || len < want)
        return false;
    for (size_t i = 0; i + want <= len; i++)
        if (strncasecmp(p + i, text, want) == 0)
            return true;
    return false;
}

static bool has_text(const char *text, const struct letter *letter)
{
    if (!text || holds(letter->key.ptr, letter->key.len, text) ||
        holds(letter->value.ptr, letter->value.len, text))
        return true;
    for (size_t i = 0; i < letter->header_count; i++)
        if (holds(letter->headers[i].value, letter->headers[i].value_bytes, text) ||
            holds(letter->headers[i].name, strlen(letter->headers[i].name), text))
            return true;
    return false;
}

/* A binary key may be named by what the screen shows of it. */
static bool is_named(const struct filter *filter, const struct letter *letter)
{
    struct sbuf name;
    bool found = false;

    for (size_t i = 0; i < filter->key_count && !found; i++)
        found = letter->key.ptr && equals(filter->keys[i], letter->key);
    if (found || (letter->key.ptr && visible_is_plain(letter->key.ptr, letter->key.len)))
        return found;
    sbuf_init(&name, 4 * (size_t)DEADLETTER_KEY_MAX_BYTES);
    letter_name(letter, &name);
    for (size_t i = 0; i < filter->key_count && !found; i++)
        found = sbuf_ok(&name) && strcmp(filter->keys[i], sbuf_str(&name)) == 0;
    sbuf_free(&name);
    return found;
}

static bool has_fingerprint(const char *wanted, const struct letter *letter)
{
    char id[CAUSE_ID_BYTES];

    if (!wanted)
        return true;
    cause_fingerprint(letter, id);
    return strncmp(id, wanted, strlen(wanted)) == 0;
}

bool filter_matches(const struct filter *f, const struct letter *letter)
{
    if (f->key_count > 0 && !is_named(f, letter))
        return false;
    if ((f->has_code && letter->code != f->code) || (f->has_subcode && letter->subcode != f->subcode))
        return false;
    if (f->has_replays && (letter->replays < f->replays_min || letter->replays > f->replays_max))
        return false;
    if ((f->since_ms > 0 && letter->died_ms < f->since_ms) ||
        (f->until_ms > 0 && letter->died_ms >= f->until_ms))
        return false;
    return globbed(f->class_name, letter->fields[DLQ_CLASS]) &&
           globbed(f->reason, letter->fields[DLQ_REASON]) &&
           equals(f->product, letter->fields[DLQ_PRODUCT_ID]) && equals(f->sku, letter->fields[DLQ_SKU]) &&
           equals(f->catalog, letter->fields[DLQ_CATALOG]) && has_fingerprint(f->fingerprint, letter) &&
           has_text(f->text, letter);
}

static void say(struct sbuf *out, const char *name, const char *value)
{
    if (!value)
        return;
    sbuf_printf(out, "%s%s=", out->len ? " " : "", name);
    visible_put(out, value, strlen(value), 100);
}

static void say_time(struct sbuf *out, const char *name, int64_t ms)
{
    char text[ISO8601_TEXT_BYTES];

    if (ms == 0)
        return;
    iso8601_format_ms(ms, text);
    say(out, name, text);
}

static void say_number(struct sbuf *out, const char *name, bool has, int64_t n)
{
    if (has)
        sbuf_printf(out, "%s%s=%lld", out->len ? " " : "", name, (long long)n);
}

void filter_describe(const struct filter *f, struct sbuf *out)
{
    struct sbuf text;

    sbuf_init(&text, 4096);
    if (f->key_count == 1)
        say(&text, "key", f->keys[0]);
    else if (f->key_count > 1)
        sbuf_printf(&text, "%zu keys", f->key_count);
    say(&text, "class", f->class_name);
    say(&text, "reason", f->reason);
    say_number(&text, "code", f->has_code, f->code);
    say_number(&text, "subcode", f->has_subcode, f->subcode);
    say(&text, "fingerprint", f->fingerprint);
    say(&text, "product", f->product);
    say(&text, "sku", f->sku);
    say(&text, "catalog", f->catalog);
    say_time(&text, "since", f->since_ms);
    say_time(&text, "until", f->until_ms);
    if (f->has_replays && f->replays_max == LETTER_REPLAYS_MAX)
        sbuf_printf(&text, "%sreplays=%lld+", text.len ? " " : "", (long long)f->replays_min);
    else if (f->has_replays && f->replays_max != f->replays_min)
        sbuf_printf(&text, "%sreplays=%lld-%lld", text.len ? " " : "", (long long)f->replays_min,
                    (long long)f->replays_max);
    else
        say_number(&text, "replays", f->has_replays, f->replays_min);
    say(&text, "text", f->text);
    sbuf_puts(out, text.len ? sbuf_str(&text) : "all");
    sbuf_free(&text);
}
