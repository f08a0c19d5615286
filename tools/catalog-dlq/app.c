#include "app.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void app_partial(struct app *app, const char *format, ...)
{
    va_list list;

    if (app->partial[0])
        return;
    va_start(list, format);
    vsnprintf(app->partial, sizeof app->partial, format, list);
    va_end(list);
}

int app_failed(struct app *app, const char *error)
{
    kit_progress_clear(&app->progress);
    kit_complain(&app->cli, "%s", error);
    return KIT_FAILED;
}

int app_end(struct app *app)
{
    if (!out_flush(&app->out))
        return KIT_FAILED;
    return app->partial[0] ? KIT_PARTIAL : KIT_DONE;
}

void app_json_end(const struct app *app, struct sbuf *out)
{
    sbuf_printf(out, "\"complete\":%s", app->partial[0] ? "false" : "true");
    if (app->partial[0])
        json_text(out, "missing", (struct bytes){app->partial, strlen(app->partial)});
}

void app_progress(void *arg, int64_t done, int64_t total)
{
    struct app *app = arg;
    char text[64];

    snprintf(text, sizeof text, "reading, %lld of %lld offsets", (long long)done, (long long)total);
    kit_progress_show(&app->progress, (uint64_t)done, (uint64_t)total, text, false);
}
