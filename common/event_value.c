/* Reading one JSON value under its rules, with a message that names the field and the mend. */
#include "common/event_parts.h"
#include "common/jsonscan.h"
#include "common/money.h"
#include "common/sbuf.h"
#include "common/url.h"
#include "common/utf8.h"

#include <inttypes.h>
#include <string.h>

const char *event_type_word(const cJSON *item)
{
    if (cJSON_IsNumber(item))
        return "a number";
    if (cJSON_IsString(item))
        return "a string";
    if (cJSON_IsBool(item))
        return "true or false";
    if (cJSON_IsArray(item))
        return "a list";
    if (cJSON_IsObject(item))
        return "an object";
    return "null";
}

bool event_text(struct draft *d, const cJSON *item, const char *field, unsigned max_chars, struct text *out)
{
    size_t len, chars;

    *out = text_none();
    if (!item || cJSON_IsNull(item))
        return true;
    if (!cJSON_IsString(item))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, field, "must be a string, not %s",
                            event_type_word(item));
    len = strlen(item->valuestring);
    if (text_is_blank(item->valuestring, len))
        return true;
    if (len > max_chars) { /* bytes first: no text has more characters than bytes */
        chars = utf8_count(item->valuestring, len);
        if (chars > max_chars)
            return event_refuse(d, EVENT_FAULT_TEXT_TOO_LONG, field,
                                "has %zu characters, %u are allowed: shorten it", chars, max_chars);
    }
    *out = text_of(item->valuestring, len);
    return true;
}

static enum event_fault url_event_fault(enum url_fault fault)
{
    switch (fault) {
    case URL_RELATIVE: return EVENT_FAULT_URL_NOT_ABSOLUTE;
    case URL_SCHEME: return EVENT_FAULT_URL_SCHEME;
    case URL_TOO_LONG: return EVENT_FAULT_URL_TOO_LONG;
    default: return EVENT_FAULT_URL_INVALID;
    }
}

bool event_url(struct draft *d, const cJSON *item, const char *field, struct text *out)
{
    enum url_fault fault;

    if (!event_text(d, item, field, UINT32_MAX, out))
        return false;
    if (out->len == 0)
        return true;
    fault = url_check(out->ptr, out->len);
    if (fault == URL_OK)
        return true;
    return event_refuse(d, url_event_fault(fault), field, "%s; it is %s", url_fault_text(fault),
                        event_shown(d, out->ptr, out->len));
}

bool event_integer(struct draft *d, const cJSON *item, const char *field, int64_t low, int64_t high,
                   int64_t *out)
{
    double number;

    if (!cJSON_IsNumber(item))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, field, "must be a whole number, not %s",
                            event_type_word(item));
    number = item->valuedouble;
    /* The scan has refused every fraction that a double would round to a whole number, so what looks whole
     * is. */
    if (!json_is_whole(number))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, field, "must be a whole number, not %.17g", number);
    if (number > (double)EVENT_VERSION_MAX || number < -(double)EVENT_VERSION_MAX)
        return event_refuse(d, EVENT_FAULT_NUMBER_OUT_OF_RANGE, field,
                            "is beyond 2^53-1 and cannot be read exactly from a JSON number");
    *out = (int64_t)number;
    if (*out < low || *out > high)
        return event_refuse(d, EVENT_FAULT_NUMBER_OUT_OF_RANGE, field,
                            "must be from %" PRId64 " to %" PRId64 ", it is %" PRId64, low, high, *out);
    return true;
}

static bool refuse_money(struct draft *d, const char *field, enum money_fault fault, const struct text *text)
{
    const char *currency = d->event.product.currency;
    unsigned offset = money_offset(d->settings->money, currency);
    const char *shown = event_shown(d, text->ptr, text->len);

    if (fault == MONEY_DECIMALS)
        return event_refuse(d, EVENT_FAULT_PRICE_NOT_REPRESENTABLE, field,
                            "is %s, but %s has %s: round it where it comes from", shown, currency,
                            offset == 1      ? "no decimals"
                            : offset == 10   ? "one decimal"
                            : offset == 100  ? "two decimals"
                            : offset == 1000 ? "three decimals"
                                             : "four decimals");
    return event_refuse(
        d, fault == MONEY_TOO_LARGE ? EVENT_FAULT_PRICE_NOT_REPRESENTABLE : EVENT_FAULT_PRICE_INVALID, field,
        "%s; it is %s, and should look like \"19.99\"", money_fault_text(fault), shown);
}

bool event_money(struct draft *d, const cJSON *item, const char *field, struct text *text, int64_t *amount)
{
    enum money_fault fault;

    if (cJSON_IsNumber(item))
        return event_refuse(
            d, EVENT_FAULT_PRICE_NOT_A_STRING, field,
            "must be a decimal string such as \"19.99\", not a JSON number: money is never a float");
    if (!cJSON_IsString(item))
        return event_refuse(d, EVENT_FAULT_WRONG_TYPE, field,
                            "must be a decimal string such as \"19.99\", not %s", event_type_word(item));
    *text = text_of(item->valuestring, strlen(item->valuestring));
    fault = money_parse(text->ptr, text->len, money_offset(d->settings->money, d->event.product.currency),
                        amount);
    if (fault != MONEY_OK)
        return refuse_money(d, field, fault, text);
    if (*amount == 0 && !d->settings->zero_price_allowed)
        return event_refuse(
            d, EVENT_FAULT_PRICE_ZERO, field,
            "is zero: the catalog shows no item without a price; give one, or set is_active to false");
    return true;
}

bool event_choice(struct draft *d, const cJSON *item, const char *field, const char *const *names,
                  unsigned count, unsigned *out)
{
    char list[240];
    struct sbuf b;
    struct text text;

    if (!event_text(d, item, field, UINT32_MAX, &text))
        return false;
    if (text.len == 0)
        return true;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(names[i], text.ptr) == 0) {
            *out = i;
            return true;
        }
    }
    sbuf_init_fixed(&b, list, sizeof(list));
    for (unsigned i = 0; i < count; i++)
        sbuf_printf(&b, "%s%s", i ? ", " : "", names[i]);
    return event_refuse(d, EVENT_FAULT_INVALID_VALUE, field, "must be one of: %s; it is %s", sbuf_str(&b),
                        event_shown(d, text.ptr, text.len));
}
