#include "filter.h"

#include "common/assertx.h"
#include "render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum op { EQ, NEQ, IS_ANY, IS_NOT_ANY, CONTAINS, I_CONTAINS, LT, LTE, GT, GTE, OP_COUNT };

static const char *const ops[OP_COUNT] = {"eq",         "neq", "is_any", "is_not_any", "contains",
                                          "i_contains", "lt",  "lte",    "gt",         "gte"};
static char message[200];

static int op_by_name(const char *name)
{
    for (int i = 0; i < OP_COUNT; i++) {
        if (strcmp(ops[i], name) == 0)
            return i;
    }
    return -1;
}

static bool is_joint(const char *name)
{
    return strcmp(name, "and") == 0 || strcmp(name, "or") == 0;
}

static bool is_item_id(const char *name)
{
    return strcmp(name, "product_item_id") == 0 || strcmp(name, "id") == 0;
}

static const char *wrong(const char *what, const char *name)
{
    snprintf(message, sizeof message, "(#100) Invalid filter: %s '%.80s'", what, name);
    return message;
}

static bool is_scalar(const cJSON *value)
{
    return cJSON_IsString(value) || cJSON_IsNumber(value);
}

static const char *check_conditions(const cJSON *member)
{
    if (!cJSON_IsObject(member) || !member->child)
        return wrong("no operator for", member->string);
    for (const cJSON *one = member->child; one; one = one->next) {
        int op = op_by_name(one->string);
        if (op < 0)
            return wrong("unknown operator", one->string);
        bool list = op == IS_ANY || op == IS_NOT_ANY;
        if (list ? !cJSON_IsArray(one) : !is_scalar(one))
            return wrong("wrong value for operator", one->string);
        const cJSON *value;
        if (list) {
            cJSON_ArrayForEach(value, one)
            {
                if (!is_scalar(value))
                    return wrong("wrong value for operator", one->string);
            }
        }
    }
    return NULL;
}

static const char *check(const cJSON *filter, int depth)
{
    if (!cJSON_IsObject(filter))
        return "(#100) Invalid filter: it must be a JSON object";
    if (depth > 8)
        return "(#100) Invalid filter: nested too deeply";
    for (const cJSON *member = filter->child; member; member = member->next) {
        const char *name = member->string, *why = NULL;
        if (is_joint(name)) {
            if (!cJSON_IsArray(member))
                return wrong("not an array:", name);
            for (const cJSON *part = member->child; part && !why; part = part->next)
                why = check(part, depth + 1);
        } else if (strcmp(name, "retailer_id") == 0 || is_item_id(name) || field_by_name(name) >= 0) {
            why = check_conditions(member);
        } else {
            why = wrong("unknown field", name);
        }
        if (why)
            return why;
    }
    return NULL;
}

const char *filter_check(const cJSON *filter)
{
    return check(filter, 0);
}

/* The value as text; numbers without a fraction as digits. */
static const char *scalar_text(const cJSON *value, char number[32])
{
    if (cJSON_IsString(value))
        return value->valuestring;
    snprintf(number, 32, "%.15g", value->valuedouble);
    return number;
}

static bool in_array(const cJSON *array, const char *s)
{
    char number[32];
    const cJSON *value;
    cJSON_ArrayForEach(value, array)
    {
        if (strcmp(scalar_text(value, number), s) == 0)
            return true;
    }
    return false;
}

static bool compare(int op, const cJSON *want, const char *have)
{
    char number[32];
    if (op == IS_ANY)
        return in_array(want, have);
    if (op == IS_NOT_ANY)
        return !in_array(want, have);
    const char *text = scalar_text(want, number);
    double a = strtod(have, NULL), b = strtod(text, NULL);
    switch (op) {
    case EQ: return strcmp(have, text) == 0;
    case NEQ: return strcmp(have, text) != 0;
    case CONTAINS: return strstr(have, text) != NULL;
    case I_CONTAINS: return strcasestr(have, text) != NULL;
    case LT: return a < b;
    case LTE: return a <= b;
    case GT: return a > b;
    default: return a >= b;
    }
}

static bool match_field(const cJSON *member, const struct item *item)
{
    char plain[8192];
    const char *have = plain;
    int field = field_by_name(member->string);
    if (strcmp(member->string, "retailer_id") == 0)
        have = item->subject->retailer_id;
    else if (is_item_id(member->string))
        have = item->id;
    else if (item->fields[field] && item->fields[field][0] != '"')
        have = item->fields[field];
    else if (!item_field_plain(item, field, plain, sizeof plain))
        have = "";
    for (const cJSON *one = member->child; one; one = one->next) {
        if (!compare(op_by_name(one->string), one, have))
            return false;
    }
    return true;
}

static bool match_member(const cJSON *member, const struct item *item)
{
    if (!is_joint(member->string))
        return match_field(member, item);
    bool all = strcmp(member->string, "and") == 0;
    for (const cJSON *part = member->child; part; part = part->next) {
        if (filter_match(part, item) != all)
            return !all;
    }
    return all;
}

bool filter_match(const cJSON *filter, const struct item *item)
{
    for (const cJSON *member = filter->child; member; member = member->next) {
        if (!match_member(member, item))
            return false;
    }
    return true;
}

struct found {
    struct item **items;
    size_t count, cap;
};

static void collect_item(struct found *f, struct item *item)
{
    if (f->count == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 64;
        f->items = realloc(f->items, f->cap * sizeof(struct item *));
        ASSERT(f->items != NULL);
    }
    f->items[f->count++] = item;
}

static void collect(struct found *f, struct store *s, struct catalog *c, bool by_id, const cJSON *value)
{
    char number[32];
    const char *text = scalar_text(value, number);
    if (by_id) {
        struct item *item = store_item(s, text);
        if (item && item->subject->catalog == c)
            collect_item(f, item);
        return;
    }
    struct subject *subject = store_find_subject(s, c, text);
    for (struct item *item = subject ? subject->newest : NULL; item; item = item->older)
        collect_item(f, item);
}

static int by_index(const void *a, const void *b)
{
    size_t x = (*(struct item *const *)a)->index, y = (*(struct item *const *)b)->index;
    return x < y ? -1 : x > y;
}

/* The eq or is_any condition on an id that every match must fulfil, or NULL. */
static const cJSON *find_id_condition(const cJSON *filter, bool *by_id)
{
    for (const cJSON *member = filter->child; member; member = member->next) {
        const cJSON *found = NULL;
        if (strcmp(member->string, "and") == 0) {
            for (const cJSON *part = member->child; part && !found; part = part->next)
                found = find_id_condition(part, by_id);
        } else if (strcmp(member->string, "retailer_id") == 0 || is_item_id(member->string)) {
            *by_id = is_item_id(member->string);
            found = cJSON_GetObjectItemCaseSensitive(member, "eq");
            if (!found)
                found = cJSON_GetObjectItemCaseSensitive(member, "is_any");
        }
        if (found)
            return found;
    }
    return NULL;
}

bool filter_candidates(const cJSON *filter, struct store *s, struct catalog *c, struct item ***items,
                       size_t *count)
{
    bool by_id = false;
    const cJSON *condition = filter ? find_id_condition(filter, &by_id) : NULL;
    struct found f = {0};
    if (!condition)
        return false;
    if (cJSON_IsArray(condition)) {
        const cJSON *value;
        cJSON_ArrayForEach(value, condition) collect(&f, s, c, by_id, value);
    } else {
        collect(&f, s, c, by_id, condition);
    }
    if (f.count > 1)
        qsort(f.items, f.count, sizeof(struct item *), by_index);
    size_t kept = 0;
    for (size_t i = 0; i < f.count; i++) {
        if (i == 0 || f.items[i] != f.items[i - 1])
            f.items[kept++] = f.items[i];
    }
    *items = f.items;
    *count = kept;
    return true;
}
