/* The further fields of a product: one table for an event's `fields` and both dialects of the catalog API.
 * What reads, checks, sends and documents them comes from it. Sources: catalog-api.md sections 1, 2 and 4;
 * for names and types that are not listed there, Meta's own Python SDK (ProductCatalog.create_product,
 * ProductItem.api_update). Lengths without a source are bounds of ours. */
#ifndef COMMON_FIELD_TABLE_H
#define COMMON_FIELD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum field_type {
    FIELD_TEXT,    /* max: characters */
    FIELD_MONEY,   /* a decimal string in the product's currency, under the rules of `price` */
    FIELD_INTEGER, /* 0 to max */
    FIELD_URL,     /* absolute, http or https */
    FIELD_DATE,    /* ISO 8601: 2026-11-22, or with a time and an offset behind it */
    FIELD_COUNTRY, /* ISO 3166-1 alpha-2 */
    FIELD_GTIN,    /* 8, 12, 13 or 14 digits, the last one the check digit of GS1 */
    FIELD_CHOICE,  /* one of choices */
    FIELD_MAP,     /* an object of texts; max: characters of each */
    FIELD_ADDRESS, /* an object of the texts that field_address_members names; max: characters of each */
    FIELD_TEXTS,   /* a list of texts; max: characters of each */
    FIELD_URLS,    /* a list of URLs; sent as [{"url":...}] */
};

enum {
    FIELD_MEMBERS_MAX = 20, /* of a map or list */
    FIELD_DATE_CHARS_MAX = 40,
};

struct field_spec {
    const char *name;   /* in an event's `fields` */
    const char *single; /* on the single edge; NULL: it has no such field */
    const char *batch;  /* in items_batch; NULL: it has no such field */
    enum field_type type;
    uint32_t max;               /* see field_type; 0 where the type has its own bound */
    const char *const *choices; /* of FIELD_CHOICE, ended by NULL */
    bool create_only;           /* the item's own edge does not take it (catalog-api.md section 2) */
    bool range; /* batch: half of "start/end" in one field; its name there is no name in an event */
    const char *help;
};

size_t field_count(void);

/* A row; index is below field_count(). */
const struct field_spec *field_at(size_t index);

/* The row that an event may give by this name: the row's own, or that of either dialect. -1: none. */
int field_find(const char *name);

/* For a name that is no further field but known otherwise: the member of `data` that holds it, such as
 * "price" for "price" and "name" for "title". NULL: not known at all. */
const char *field_elsewhere(const char *name);

/* The members an address may have, ended by NULL; the last, "country", is ISO 3166-1 alpha-2. */
extern const char *const field_address_members[];

/* What a type asks for, in words such as "absolute URL". */
const char *field_type_name(enum field_type type);

/* Writes docs/fields.md. */
void field_print_markdown(FILE *out);

#endif
