/* The tree that the scan builds is the one cJSON's own parser builds, node by node and bit by bit. */
#include "common/jsonscan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a && b)
        assert_string_equal(a, b);
}

static void same_node(const cJSON *a, const cJSON *b)
{
    const cJSON *x = a->child, *y = b->child;

    assert_int_equal(a->type, b->type);
    same_text(a->string, b->string);
    same_text(a->valuestring, b->valuestring);
    assert_true(a->valuedouble == b->valuedouble);
    assert_int_equal(a->valueint, b->valueint);
    assert_int_equal(x == NULL, y == NULL);
    if (x && y) /* the head's prev is the tail */
        assert_ptr_equal(x->prev, cJSON_GetArrayItem(a, cJSON_GetArraySize(a) - 1));
    for (; x && y; x = x->next, y = y->next) {
        if (x->next)
            assert_ptr_equal(x->next->prev, x);
        same_node(x, y);
    }
    assert_null(x);
    assert_null(y);
}

static void compare(const char *text, size_t len)
{
    struct jsontree tree;
    struct jsonscan scan;
    cJSON *other = cJSON_ParseWithLength(text, len);

    jsontree_init(&tree);
    assert_non_null(other);
    if (!jsonscan_tree(text, len, 64, NULL, &tree, &scan))
        fail_msg("%s at %zu of %.*s", jsonscan_text(scan.fault), scan.offset, (int)len, text);
    same_node(tree.root, other);
    jsontree_free(&tree);
    assert_null(tree.root);
    cJSON_Delete(other);
}

static void same_as_cjson(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        "-0",
        "\"\"",
        " [ 1 , true , false , null , \"x\" , [ ] , { } ] ",
        "{\"a\":{\"b\":[1,{\"c\":\"d\"},2]},\"e\":\"f\"}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00 tail\"",
        "{\"k\\u0065y\":\"\\u0041\",\"\":1,\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}",
        "[0.1,0.2,0.3,1e22,1e23,1e-22,1e-23,123456789012345678,1234567890123456789,9007199254740993]",
        "[9007199254740991,9007199254740992e1,9007199254740993e-3,1.7976931348623157e308,5e-324,2.5e-3]",
        "[2147483647,2147483648,-2147483648,-2147483649,1e300,-1e300,0.30000000000000004,19.99,1e5]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        compare(texts[i], strlen(texts[i]));
}

/* ---- made-up documents ---- */

struct maker {
    uint64_t random;
    char text[256 * 1024];
    size_t len;
    unsigned members;
};

static uint32_t chance(struct maker *m, uint32_t of)
{
    m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(m->random >> 33) % of;
}

static void put(struct maker *m, const char *text)
{
    size_t len = strlen(text);

    assert_true(m->len + len < sizeof(m->text));
    memcpy(m->text + m->len, text, len);
    m->len += len;
}

static void put_string(struct maker *m, unsigned longest)
{
    static const char *const pieces[] = {
        "plain text ",  "\\n",      "\\\"", "\\\\", "\\u00fc", "\\ud83d\\ude00",
        "\xe2\x82\xac", "\xc3\xa9", "x",    "\\/",  "\\u2028", "0123456789abcdef"};

    put(m, "\"");
    for (unsigned n = chance(m, longest); n > 0; n--)
        put(m, pieces[chance(m, sizeof(pieces) / sizeof(pieces[0]))]);
    put(m, "\"");
}

static void put_number(struct maker *m)
{
    char text[64];
    unsigned digits = 1 + chance(m, 15), form = chance(m, 4);
    uint64_t whole = m->random >> (64 - 3 * digits);

    snprintf(text, sizeof(text),
             form == 0   ? "%s%llu"
             : form == 1 ? "%s%llu.25"
             : form == 2 ? "%s%llue-7"
                         : "%s%lluE+12",
             chance(m, 2) ? "-" : "", (unsigned long long)whole);
    put(m, text);
}

static void put_value(struct maker *m, unsigned depth)
{
    static const char *const literals[] = {"true", "false", "null"};
    unsigned kind = chance(m, depth > 5 ? 4 : 6);

    if (kind == 0)
        put(m, literals[chance(m, 3)]);
    else if (kind == 1)
        put_number(m);
    else if (kind < 4)
        put_string(m, 12);
    else {
        put(m, kind == 4 ? "[" : "{ ");
        for (unsigned n = chance(m, 7), i = 0; i < n; i++) {
            char name[32];

            if (i)
                put(m, " ,");
            if (kind == 5) {
                snprintf(name, sizeof(name), "\"n%u\\u00e4\" : ", m->members++);
                put(m, name);
            }
            put_value(m, depth + 1);
        }
        put(m, kind == 4 ? "]" : "}");
    }
}

static void same_as_cjson_whatever_the_document(void **state)
{
    static struct maker m;

    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        m.random = seed;
        m.len = 0;
        m.members = 0;
        put_value(&m, 0);
        compare(m.text, m.len);
    }
}

/* More than the tree's own memory: blocks on the heap, of which a text may need one of its own. */
static void a_large_document_spills(void **state)
{
    static struct maker m;

    (void)state;
    m.random = 7;
    m.len = 0;
    put(&m, "[");
    put_string(&m, 8000);
    for (unsigned i = 0; i < 900; i++) {
        put(&m, ",");
        put_string(&m, 20);
    }
    put(&m, "]");
    assert_true(m.len > (size_t)4 * JSONTREE_BYTES);
    compare(m.text, m.len);
}

static void a_fault_leaves_no_root(void **state)
{
    const char text[] = "{\"a\":[1,\"x\\u00e9\",{\"b\":tru}]}";
    struct jsontree tree;
    struct jsonscan scan;

    (void)state;
    jsontree_init(&tree);
    assert_false(jsonscan_tree(text, strlen(text), 64, NULL, &tree, &scan));
    assert_null(tree.root);
    jsontree_free(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_cjson),
        cmocka_unit_test(same_as_cjson_whatever_the_document),
        cmocka_unit_test(a_large_document_spills),
        cmocka_unit_test(a_fault_leaves_no_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
