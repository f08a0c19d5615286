/* Records for the tests of the event decoder: a valid binary one, which each test spoils in its own way. */
#ifndef TESTS_UNIT_EVENT_CASE_H
#define TESTS_UNIT_EVENT_CASE_H

#include "common/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASE_NOW_MS  INT64_C(1763850000000)
#define CASE_VERSION "1763849999000001"

/* Members of `data` for a complete product; a test puts its own beside them or leaves some out. */
#define CASE_ID            "\"product_id\":\"p-1\",\"version\":" CASE_VERSION ",\"sku\":\"SKU-1\""
#define CASE_NAME          "\"name\":\"Shoe\""
#define CASE_PRICE         "\"price\":\"19.99\",\"currency\":\"USD\""
#define CASE_IMAGE         "\"image_link\":\"https://shop.example/1.png\""
#define CASE_MORE          CASE_NAME "," CASE_PRICE "," CASE_IMAGE
#define CASE_FULL          "{" CASE_ID "," CASE_MORE "}"
#define CASE_WITH(members) "{" CASE_ID "," CASE_MORE "," members "}"

struct event_case {
    struct event_settings settings;
    struct event_record record;
    struct event_header headers[16];
    struct event *event;
};

static inline void case_header(struct event_case *c, const char *name, const char *value)
{
    size_t i = 0;

    while (i < c->record.header_count && strcmp(c->headers[i].name, name) != 0)
        i++;
    if (i == c->record.header_count)
        c->record.header_count++;
    assert_true(i < 16);
    c->headers[i] = (struct event_header){.name = name, .value = value, .len = strlen(value)};
}

static inline void case_init(struct event_case *c)
{
    *c = (struct event_case){.record = {.topic = "product-events",
                                        .partition = 3,
                                        .offset = 42,
                                        .timestamp_ms = CASE_NOW_MS - 1000,
                                        .now_ms = CASE_NOW_MS,
                                        .headers = c->headers}};
    event_settings_init(&c->settings);
    case_header(c, "ce_specversion", "1.0");
    case_header(c, "ce_id", "e-1");
    case_header(c, "ce_source", "/shop");
    case_header(c, "ce_type", "product.updated");
}

static inline void case_free(struct event_case *c)
{
    event_free(c->event);
    c->event = NULL;
}

/* Decodes len bytes of value (NULL: a tombstone) from memory of exactly that size. */
static inline struct event *case_decode_n(struct event_case *c, const void *value, size_t len)
{
    char *exact = value ? malloc(len ? len : 1) : NULL;

    case_free(c);
    if (value) {
        assert_non_null(exact);
        memcpy(exact, value, len);
    }
    c->record.value = exact;
    c->record.value_len = len;
    assert_int_equal(event_decode(&c->record, &c->settings, &c->event), 0);
    free(exact);
    c->record.value = NULL;
    assert_non_null(c->event);
    return c->event;
}

static inline struct event *case_decode(struct event_case *c, const char *value)
{
    return case_decode_n(c, value, value ? strlen(value) : 0);
}

static inline void case_broken(const struct event *e, enum event_fault fault, const char *field)
{
    if (e->broken.fault != fault)
        print_error("fault is %s, not %s: %s\n", event_fault_name(e->broken.fault), event_fault_name(fault),
                    e->broken.message.ptr);
    assert_int_equal(e->broken.fault, fault);
    assert_int_equal(e->kind, fault ? EVENT_BROKEN : e->kind);
    assert_string_equal(e->broken.field.ptr, field);
    if (fault)
        assert_true(e->broken.message.len > 10);
    else
        assert_int_equal(e->broken.message.len, 0);
}

/* Decodes value with fresh headers and default settings, and expects this fault on this field (path below
 * data). */
static inline void case_refuses(const char *value, enum event_fault fault, const char *field)
{
    struct event_case c;

    case_init(&c);
    case_broken(case_decode(&c, value), fault, field);
    case_free(&c);
}

#endif
