#include "html.h"

#include "visible.h"

#include "common/iso8601.h"

enum { TEXT_MAX = 512 << 20 };

static void escape(struct sbuf *out, const char *text, size_t len)
{
    size_t from = 0;

    for (size_t i = 0; i < len; i++) {
        const char *entity = text[i] == '&'    ? "&amp;"
                             : text[i] == '<'  ? "&lt;"
                             : text[i] == '>'  ? "&gt;"
                             : text[i] == '"'  ? "&quot;"
                             : text[i] == '\'' ? "&#39;"
                                               : NULL;

        if (!entity)
            continue;
        sbuf_put(out, text + from, i - from);
        sbuf_puts(out, entity);
        from = i + 1;
    }
    sbuf_put(out, text + from, len - from);
}

void html_text(struct sbuf *out, const void *text, size_t len, size_t max)
{
    struct sbuf shown;

    if (!text || len == 0)
        return;
    sbuf_init(&shown, TEXT_MAX);
    visible_put(&shown, text, len, max);
    if (!sbuf_ok(&shown))
        out->overflow = true;
    escape(out, sbuf_str(&shown), shown.len);
    sbuf_free(&shown);
}

void html_bytes(struct sbuf *out, struct bytes text, size_t max)
{
    html_text(out, text.ptr, text.len, max);
}

void html_word(struct sbuf *out, const char *text)
{
    html_text(out, text, strlen(text), 0);
}

void html_value(struct sbuf *out, const char *text)
{
    escape(out, text, strlen(text));
}

void html_time(struct sbuf *out, int64_t ms)
{
    char text[ISO8601_TEXT_BYTES];

    if (ms < 0) {
        sbuf_puts(out, "unknown");
        return;
    }
    iso8601_format_ms(ms, text);
    sbuf_printf(out, "<time datetime=\"%s\">%.10s %.8s</time>", text, text, text + 11);
}

void html_term(struct sbuf *out, const char *name, const char *style, struct bytes text)
{
    if (!text.ptr)
        return;
    sbuf_printf(out, "<dt>%s</dt><dd class=\"%s\">", name, style);
    html_bytes(out, text, 0);
    sbuf_puts(out, "</dd>\n");
}

void html_term_word(struct sbuf *out, const char *name, const char *style, const char *text)
{
    if (text && text[0])
        html_term(out, name, style, (struct bytes){text, strlen(text)});
}

void html_shell(struct sbuf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./%@:+=,";
    struct sbuf quoted;

    if (word[0] && strspn(word, plain) == strlen(word)) {
        html_word(out, word);
        return;
    }
    sbuf_init(&quoted, TEXT_MAX);
    sbuf_putc(&quoted, '\'');
    for (const char *p = word; *p; p++) {
        if (*p == '\'')
            sbuf_puts(&quoted, "'\\''");
        else
            sbuf_putc(&quoted, *p);
    }
    sbuf_putc(&quoted, '\'');
    html_word(out, sbuf_str(&quoted));
    sbuf_free(&quoted);
}
