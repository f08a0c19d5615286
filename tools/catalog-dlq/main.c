/* catalog-dlq: dead letters listed, explained, mended, replayed. */
#include "app.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(struct app *app);
} commands[] = {
    {"stats", command_stats},   {"list", command_list},     {"show", command_show},
    {"tail", command_tail},     {"replay", command_replay}, {"drop", command_drop},
    {"export", command_export}, {"import", command_import}, {"product", command_product},
    {"serve", command_serve},
};

static int run(struct app *app)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(app->options.command, commands[i].name) == 0) {
            if (!kit_cli_load(&app->cli, CONFIG_NEEDS_KAFKA, &app->config))
                return KIT_USAGE;
            return commands[i].run(app);
        }
    }
    kit_complain(&app->cli, "%s: no such command; see catalog-dlq --help", app->options.command);
    return KIT_USAGE;
}

int main(int argc, char **argv)
{
    static struct app app;
    int rc;

    app.cli.program = "catalog-dlq";
    app.now_ms = kit_wall_ms();
    rc = options_read(&app, argc, argv);
    if (rc >= 0)
        return rc;
    kit_catch_signals();
    out_init(&app.out);
    rc = run(&app);
    if (!out_flush(&app.out) && rc == KIT_DONE)
        rc = KIT_FAILED;
    out_free(&app.out);
    config_free(&app.config);
    return rc;
}
