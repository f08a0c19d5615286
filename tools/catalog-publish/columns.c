#include "columns.h"

#include "column_names.h"
#include "common/jsonscan.h"
#include "common/textsafe.h"
#include "common/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { INTEGER_MAX_DIGITS = 16, ID_MAX_DIGITS = 15, JSON_DEPTH = 8, SHOWN_SIZE = 64 };

/* ---- the header ---- */

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && ((*text)[0] == ' ' || (*text)[0] == '\t')) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && ((*text)[*len - 1] == ' ' || (*text)[*len - 1] == '\t'))
        (*len)--;
}

static bool is_ignored(const struct column_rules *rules, const char *header)
{
    for (int i = 0; i < rules->ignored_count; i++)
        if (strcmp(rules->ignored[i], header) == 0)
            return true;
    return false;
}

/* The field that --map gives to this column; NULL: none. */
static const char *mapped(const struct column_rules *rules, const char *header, char field[COLUMN_NAME_SIZE])
{
    for (int i = 0; i < rules->map_count; i++) {
        const char *equals = strchr(rules->maps[i], '=');

        if (equals && strcmp(equals + 1, header) == 0) {
            snprintf(field, COLUMN_NAME_SIZE, "%.*s", (int)(equals - rules->maps[i]), rules->maps[i]);
            return field;
        }
    }
    return NULL;
}

static bool read_column(struct column *column, const struct column_rules *rules, char *why)
{
    char field[COLUMN_NAME_SIZE];
    const char *wanted = mapped(rules, column->header, field), *near;

    if (is_ignored(rules, column->header))
        return true;
    if (!wanted)
        wanted = column->header;
    column->kind = column_kind(wanted);
    if (column->kind != CELL_IGNORED) {
        memcpy(column->field, wanted, strlen(wanted) + 1);
        return true;
    }
    if (rules->ignore_unknown)
        return true;
    near = column_nearest(wanted);
    snprintf(why, COLUMNS_WHY_SIZE,
             "column \"%.100s\" is no field of an event%s%s%s: name it with --map FIELD=%.100s, or "
             "pass over it with --ignore",
             column->header, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "",
             column->header);
    return false;
}

static bool check_columns(const struct columns *columns, const struct column_rules *rules, char *why)
{
    bool has_id = false;

    for (int i = 0; i < columns->count; i++) {
        const struct column *column = &columns->list[i];

        has_id = has_id || strcmp(column->field, "product_id") == 0;
        for (int j = 0; j < i && column->field[0]; j++) {
            if (strcmp(columns->list[j].field, column->field) == 0) {
                snprintf(why, COLUMNS_WHY_SIZE, "columns %d (\"%.100s\") and %d (\"%.100s\") both hold %s",
                         j + 1, columns->list[j].header, i + 1, column->header, column->field);
                return false;
            }
        }
    }
    for (int i = 0; i < rules->map_count; i++) {
        const char *equals = strchr(rules->maps[i], '=');
        bool found = false;

        for (int j = 0; j < columns->count; j++)
            found = found || (equals && strcmp(columns->list[j].header, equals + 1) == 0);
        if (!found) {
            snprintf(why, COLUMNS_WHY_SIZE, "--map %.200s: the file has no such column", rules->maps[i]);
            return false;
        }
    }
    if (!has_id)
        snprintf(why, COLUMNS_WHY_SIZE,
                 "no column is named product_id: name the one that holds it with --map "
                 "product_id=COLUMN");
    return has_id;
}

static bool take_header(struct columns *columns, const struct csv *header, int index, char *why)
{
    struct column *column = &columns->list[index];
    size_t len;
    const char *text = csv_cell(header, index, &len);

    trim(&text, &len);
    if (len == 0 || len >= sizeof column->header || utf8_valid_up_to(text, len) < len ||
        text_control_at(text, len) < len) {
        snprintf(why, COLUMNS_WHY_SIZE,
                 "column %d has no name of 1 to %d bytes of UTF-8: the first row names the columns",
                 index + 1, COLUMN_NAME_SIZE - 1);
        return false;
    }
    memcpy(column->header, text, len);
    column->header[len] = '\0';
    return true;
}

/* A file of another delimiter looks like one column. */
static bool check_delimiter(const struct csv *header, char *why)
{
    size_t len;
    const char *text = csv_cell(header, 0, &len);
    const char *other = memchr(text, ';', len) ? ";" : memchr(text, '\t', len) ? "tab" : NULL;

    if (header->count > 1 || !other)
        return true;
    snprintf(why, COLUMNS_WHY_SIZE,
             "the first row has one cell only: if cells are parted otherwise, give --delimiter "
             "'%s'",
             other);
    return false;
}

bool columns_read(struct columns *columns, const struct csv *header, const struct column_rules *rules,
                  char why[COLUMNS_WHY_SIZE])
{
    memset(columns, 0, sizeof *columns);
    columns->list_separator = rules->list_separator;
    if (!check_delimiter(header, why))
        return false;
    for (columns->count = 0; columns->count < header->count; columns->count++)
        if (!take_header(columns, header, columns->count, why) ||
            !read_column(&columns->list[columns->count], rules, why))
            return false;
    return check_columns(columns, rules, why);
}

/* ---- a row ---- */

static bool wrong(const struct column *column, char *why, const char *text, size_t len, const char *what)
{
    char shown[SHOWN_SIZE];

    textsafe_copy(shown, sizeof shown, text, len);
    snprintf(why, COLUMNS_WHY_SIZE, "column %.100s: \"%s\" %s", column->header, shown, what);
    return false;
}

static size_t digits(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

/* Written as JSON writes it, so that the file's 7 and the backend's 7 are the same, and 007 stays a text. */
static bool is_whole(const char *text, size_t len, size_t digits_max)
{
    size_t minus = len > 0 && text[0] == '-', n = digits(text + minus, len - minus);

    return n > 0 && minus + n == len && n <= digits_max && (n == 1 || text[minus] != '0');
}

static bool put_yes_no(const struct column *column, const char *text, size_t len, struct sbuf *json,
                       char *why)
{
    static const char *const words[] = {"false", "0", "no", "true", "1", "yes"};

    for (size_t i = 0; i < 6; i++) {
        if (strlen(words[i]) == len && strncasecmp(words[i], text, len) == 0) {
            sbuf_puts(json, i < 3 ? "false" : "true");
            return true;
        }
    }
    return wrong(column, why, text, len, "is none of true, false, 1, 0, yes, no");
}

static bool put_json(const struct column *column, const char *text, size_t len, struct sbuf *json, char *why)
{
    struct jsonscan scan;

    if (jsonscan(text, len, JSON_DEPTH, NULL, &scan)) {
        sbuf_put(json, text, len);
        return true;
    }
    snprintf(why, COLUMNS_WHY_SIZE, "column %.100s: not JSON at byte %zu: %s", column->header,
             scan.offset + 1, jsonscan_text(scan.fault));
    return false;
}

static bool put_list(const struct column *column, const char *text, size_t len, char separator,
                     struct sbuf *json, char *why)
{
    const char *end = text + len;
    bool first = true;

    if (text[0] == '[')
        return put_json(column, text, len, json, why);
    sbuf_putc(json, '[');
    while (text < end) {
        const char *stop = memchr(text, separator, (size_t)(end - text));
        const char *one = text;
        size_t one_len = (size_t)((stop ? stop : end) - text);

        text = stop ? stop + 1 : end;
        trim(&one, &one_len);
        if (one_len == 0)
            continue;
        if (!first)
            sbuf_putc(json, ',');
        sbuf_put_json(json, one, one_len);
        first = false;
    }
    sbuf_putc(json, ']');
    return true;
}

static bool put_value(const struct columns *columns, const struct column *column, const char *text,
                      size_t len, struct sbuf *json, char *why)
{
    switch (column->kind) {
    case CELL_INTEGER:
        if (!is_whole(text, len, INTEGER_MAX_DIGITS))
            return wrong(column, why, text, len, "is no whole number");
        sbuf_put(json, text, len);
        return true;
    case CELL_ID:
        if (is_whole(text, len, ID_MAX_DIGITS))
            sbuf_put(json, text, len);
        else
            sbuf_put_json(json, text, len);
        return true;
    case CELL_YES_NO: return put_yes_no(column, text, len, json, why);
    case CELL_LIST: return put_list(column, text, len, columns->list_separator, json, why);
    case CELL_JSON:
        if (text[0] == '{')
            return put_json(column, text, len, json, why);
        return wrong(column, why, text, len, "is no JSON object");
    default: sbuf_put_json(json, text, len); return true;
    }
}

static bool check_bytes(const struct column *column, const char *text, size_t len, char *why)
{
    size_t valid = utf8_valid_up_to(text, len);
    const char *nul = memchr(text, '\0', len);

    if (valid < len)
        snprintf(why, COLUMNS_WHY_SIZE,
                 "column %.100s: byte %zu of the cell (0x%02x) is not UTF-8: save the file as CSV UTF-8",
                 column->header, valid + 1, (unsigned)(unsigned char)text[valid]);
    else if (nul)
        snprintf(why, COLUMNS_WHY_SIZE, "column %.100s: byte %zu of the cell is NUL", column->header,
                 (size_t)(nul - text) + 1);
    return valid == len && !nul;
}

/* Columns named fields.NAME go into an object of their own (further: their turn). */
static bool put_members(const struct columns *columns, const struct csv *row, bool further, struct sbuf *json,
                        char *why)
{
    bool first = true;

    for (int i = 0; i < columns->count; i++) {
        const struct column *column = &columns->list[i];
        const char *name = column->field;
        bool is_further = strncmp(name, "fields.", 7) == 0;
        size_t len;
        const char *text = csv_cell(row, i, &len);

        if (column->kind != CELL_TEXT)
            trim(&text, &len);
        if (column->kind == CELL_IGNORED || is_further != further || len == 0)
            continue;
        sbuf_printf(json, "%s\"%s\":", first ? "" : ",", is_further ? name + 7 : name);
        if (!check_bytes(column, text, len, why) || !put_value(columns, column, text, len, json, why))
            return false;
        first = false;
    }
    return true;
}

static bool has_further(const struct columns *columns, const struct csv *row)
{
    for (int i = 0; i < columns->count; i++) {
        size_t len;

        csv_cell(row, i, &len);
        if (len > 0 && strncmp(columns->list[i].field, "fields.", 7) == 0)
            return true;
    }
    return false;
}

bool columns_row(const struct columns *columns, const struct csv *row, struct sbuf *json,
                 char why[COLUMNS_WHY_SIZE])
{
    size_t start;

    if (row->count != columns->count) {
        snprintf(why, COLUMNS_WHY_SIZE, "%d cells, but the first row names %d columns", row->count,
                 columns->count);
        return false;
    }
    sbuf_putc(json, '{');
    start = json->len;
    if (!put_members(columns, row, false, json, why))
        return false;
    if (has_further(columns, row)) {
        sbuf_puts(json, json->len > start ? ",\"fields\":{" : "\"fields\":{");
        if (!put_members(columns, row, true, json, why))
            return false;
        sbuf_putc(json, '}');
    }
    sbuf_putc(json, '}');
    if (!sbuf_ok(json))
        snprintf(why, COLUMNS_WHY_SIZE, "the row is too large");
    return sbuf_ok(json);
}

const char *columns_header(const struct columns *columns, const char *path)
{
    if (strncmp(path, "data.", 5) != 0)
        return NULL;
    path += 5;
    for (int i = 0; i < columns->count; i++) {
        const char *field = columns->list[i].field;
        size_t len = strlen(field);

        if (len > 0 && strncmp(path, field, len) == 0 &&
            (path[len] == '\0' || path[len] == '[' || path[len] == '.'))
            return columns->list[i].header;
    }
    return NULL;
}

bool columns_known(const char *field)
{
    return column_kind(field) != CELL_IGNORED;
}
