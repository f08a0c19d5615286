/* The fields of a product item on the single-item edge (catalog-api.md section 1), and the checks of their
 * values. */
#ifndef CATALOG_SIM_FIELDS_H
#define CATALOG_SIM_FIELDS_H

#include "params.h"
#include "text.h"

enum field {
    FIELD_NAME,
    FIELD_CURRENCY,
    FIELD_PRICE,
    FIELD_IMAGE_URL,
    FIELD_URL,
    FIELD_DESCRIPTION,
    FIELD_BRAND,
    FIELD_AVAILABILITY,
    FIELD_CONDITION,
    FIELD_VISIBILITY,
    FIELD_INVENTORY,
    FIELD_SALE_PRICE,
    FIELD_OTHERS, /* from here on all fields are alike */
    FIELD_COUNT = FIELD_OTHERS + 48
};

enum field_type {
    FIELD_STRING,
    FIELD_WHOLE,
    FIELD_URI,
    FIELD_ENUM,
    FIELD_CURRENCY_CODE,
    FIELD_COUNTRY,
    FIELD_DATE,
    FIELD_LIST,   /* of strings */
    FIELD_OBJECT, /* of strings */
    FIELD_BULK    /* a list that bulk calls alone write: the single edge takes it for an unknown parameter */
};

struct field_def {
    const char *name; /* NULL: unused slot */
    enum field_type type;
    int max_chars;      /* 0: no bound */
    const char *values; /* of an enum, separated by '|' */
    const char *by_default;
};

extern const struct field_def field_defs[FIELD_COUNT];

/* The field of that name, or -1. */
int field_by_name(const char *name);

/* New values, as JSON text, one a field; NULL: not given. All zero is empty. */
struct field_values {
    char *json[FIELD_COUNT];
};

enum field_check { FIELDS_TYPES, FIELDS_URIS, FIELDS_ENUMS };

/* Reads the known fields among the parameters into `values` and checks types and lengths. NULL, or the
 * message of the error of code 100, valid until the next call. Unknown parameters are ignored, as the API
 * does. */
const char *fields_read(struct field_values *values, const struct params *p);

/* Checks the values that fields_read() found: URIs absolute http(s), enums known. NULL or the message. */
const char *fields_check_uris(const struct field_values *values);
const char *fields_check_enums(const struct field_values *values);

/* Forms of single values. The list of an enum is separated by '|'. A date begins with a calendar day; what
 * may follow is a time. */
size_t field_chars(const char *s);
bool field_is_date(const char *s);
bool field_is_uri(const char *s);
bool field_in_list(const char *values, const char *s);

/* True if the field is given and not an empty string. */
bool field_given(const struct field_values *values, int field);
void fields_free(struct field_values *values);

/* Adds the price as the API reads it back: a localised string such as "$19.99" or "Rp460.000".
 * cents_always: the integer of zero-decimal currencies counts hundredths too. */
void price_text(struct text *out, int64_t minor_units, const char *currency, bool cents_always);

/* Reads a price such as "9.99 USD" into the integer that the single edge has for it; cents_always as above.
 * NULL, or what it must be. */
const char *price_parse(const char *s, bool cents_always, int64_t *minor_units, char currency[4]);

#endif
