#include "column_names.h"

#include "common/edits.h"
#include "common/field_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum cell_kind kind;
} members[] = {
    {"product_id", CELL_ID},    {"version", CELL_INTEGER},   {"catalog", CELL_WORD},
    {"sku", CELL_TEXT},         {"is_active", CELL_YES_NO},  {"name", CELL_TEXT},
    {"description", CELL_TEXT}, {"brand", CELL_TEXT},        {"link", CELL_WORD},
    {"image_link", CELL_WORD},  {"price", CELL_WORD},        {"additional_image_links", CELL_LIST},
    {"category", CELL_TEXT},    {"currency", CELL_WORD},     {"stock_quantity", CELL_INTEGER},
    {"condition", CELL_WORD},   {"availability", CELL_WORD}, {"visibility", CELL_WORD},
    {"catalog_id", CELL_WORD},  {"deleted", CELL_YES_NO},
};

enum { MEMBERS = sizeof members / sizeof members[0] };

static const char prefix[] = "fields.";

static enum cell_kind kind_of(enum field_type type)
{
    switch (type) {
    case FIELD_TEXT: return CELL_TEXT;
    case FIELD_INTEGER: return CELL_INTEGER;
    case FIELD_MAP:
    case FIELD_ADDRESS: return CELL_JSON;
    case FIELD_TEXTS:
    case FIELD_URLS: return CELL_LIST;
    default: return CELL_WORD;
    }
}

enum cell_kind column_kind(const char *field)
{
    int spec;

    for (int i = 0; i < MEMBERS; i++)
        if (strcmp(members[i].name, field) == 0)
            return members[i].kind;
    if (strncmp(field, prefix, sizeof prefix - 1) != 0)
        return CELL_IGNORED;
    spec = field_find(field + sizeof prefix - 1);
    return spec < 0 ? CELL_IGNORED : kind_of(field_at((size_t)spec)->type);
}

/* "Stock Quantity" and "stock-quantity" are near stock_quantity. */
static void simplify(const char *name, char out[COLUMN_NAME_SIZE])
{
    size_t n = 0;

    for (; *name && n < COLUMN_NAME_SIZE - 1; name++)
        out[n++] = *name == ' ' || *name == '-' ? '_' : (char)tolower((unsigned char)*name);
    out[n] = '\0';
}

const char *column_nearest(const char *name)
{
    static char best[COLUMN_NAME_SIZE];
    char simple[COLUMN_NAME_SIZE], candidate[COLUMN_NAME_SIZE];
    size_t least;

    simplify(name, simple);
    if (field_elsewhere(simple) && column_kind(field_elsewhere(simple)) != CELL_IGNORED)
        return field_elsewhere(simple);
    snprintf(best, sizeof best, "%s%.100s", prefix, simple);
    if (field_find(simple) >= 0)
        return best;
    best[0] = '\0';
    least = strlen(simple) / 3 + 1;
    for (size_t i = 0; i < MEMBERS + field_count(); i++) {
        bool further = i >= MEMBERS;
        const char *known = further ? field_at(i - MEMBERS)->name : members[i].name;
        size_t edits = edits_between(simple, known);

        snprintf(candidate, sizeof candidate, "%s%s", further ? prefix : "", known);
        if (edits_between(simple, candidate) < edits)
            edits = edits_between(simple, candidate);
        if (edits < least) {
            least = edits;
            memcpy(best, candidate, sizeof best);
        }
    }
    return best[0] ? best : NULL;
}
