#include "rows.h"

enum {
    NAME_MAX_BYTES = 4 * DEADLETTER_KEY_MAX_BYTES,
    MESSAGE_CHARS = 200,
    CELL_CHARS = 60,
    ROW_MAX = 1 << 20
};

/* Roles are said aloud, since a narrow screen shows rows as cards (style.css), which takes them away. */
void rows_begin(struct sbuf *out, const char *caption, bool choose)
{
    static const char *const heads[] = {"Died", "Class", "Reason", "Product", "Message"};

    sbuf_printf(out,
                "<table class=\"letters\" role=\"table\"><caption>%s</caption>\n<thead role=\"rowgroup\">"
                "<tr role=\"row\">",
                caption);
    if (choose)
        sbuf_puts(out, "<td role=\"cell\"></td>");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        sbuf_printf(out, "<th scope=\"col\" role=\"columnheader\">%s</th>", heads[i]);
    sbuf_puts(out, "</tr></thead>\n<tbody role=\"rowgroup\">\n");
}

void rows_end(struct sbuf *out)
{
    sbuf_puts(out, "</tbody></table>\n");
}

static void cell(struct sbuf *out, const char *style, struct bytes text, size_t max)
{
    sbuf_printf(out, "<td role=\"cell\" class=\"%s\">", style);
    html_bytes(out, text, max);
    sbuf_puts(out, "</td>");
}

static void put_class(struct sbuf *out, const struct letter *letter)
{
    sbuf_puts(out, "<td role=\"cell\" class=\"class\">");
    html_bytes(out, letter->fields[DLQ_CLASS], CELL_CHARS);
    if (letter->code)
        sbuf_printf(out, " %d", letter->code);
    sbuf_puts(out, "</td>");
}

static void put_message(struct sbuf *out, const struct letter *letter)
{
    sbuf_puts(out, "<td role=\"cell\" class=\"message\">");
    for (int i = 0; i < LETTER_FAULT_COUNT; i++)
        if (letter_has_fault(letter, (enum letter_fault)i))
            sbuf_printf(out, "<strong class=\"fault\">%s</strong> ", letter_fault_name((enum letter_fault)i));
    html_bytes(out, letter->fields[DLQ_MESSAGE], MESSAGE_CHARS);
    if (letter->replays)
        sbuf_printf(out, " <span class=\"again\">replayed %lld×</span>", (long long)letter->replays);
    sbuf_puts(out, "</td>");
}

void rows_put(struct sbuf *out, const struct letter *letter, bool choose)
{
    struct sbuf name;

    sbuf_init(&name, NAME_MAX_BYTES);
    letter_name(letter, &name);
    sbuf_puts(out, "<tr role=\"row\">");
    if (choose) {
        sbuf_puts(out, "<td role=\"cell\" class=\"choice\"><input type=\"checkbox\" name=\"key\" value=\"");
        html_value(out, sbuf_str(&name));
        sbuf_puts(out, "\" aria-label=\"Choose ");
        html_value(out, sbuf_str(&name));
        sbuf_puts(out, "\"></td>");
    }
    sbuf_puts(out, "<th scope=\"row\" role=\"rowheader\"><a href=\"/letter?key=");
    sbuf_put_percent(out, sbuf_str(&name), name.len);
    sbuf_puts(out, "\" title=\"");
    html_value(out, sbuf_str(&name));
    sbuf_puts(out, "\">");
    html_time(out, letter->died_ms);
    sbuf_puts(out, "</a></th>");
    put_class(out, letter);
    cell(out, "reason", letter->fields[DLQ_REASON], CELL_CHARS);
    cell(out, "product", letter->fields[DLQ_PRODUCT_ID], CELL_CHARS);
    put_message(out, letter);
    sbuf_puts(out, "</tr>\n");
    sbuf_free(&name);
}

char *rows_of(const struct letter *letter, bool choose)
{
    struct sbuf row;

    sbuf_init(&row, ROW_MAX);
    rows_put(&row, letter, choose);
    return sbuf_take(&row);
}
