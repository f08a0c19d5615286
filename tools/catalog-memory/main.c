/* catalog-memory: what Redis remembers of products, shown and changed by hand. */
#include "memory.h"

#include <string.h>

int tool_failed(const struct tool *tool, const char *error)
{
    kit_complain(&tool->options->cli, "%s", error);
    return KIT_FAILED;
}

static int run(struct tool *tool)
{
    switch (tool->options->command) {
    case COMMAND_SHOW: return command_show(tool);
    case COMMAND_RESET: return command_reset(tool);
    case COMMAND_FORGET: return tool->options->all ? command_forget_all(tool) : command_forget(tool);
    case COMMAND_REBUILD: return command_rebuild(tool);
    case COMMAND_NONE: break;
    }
    return KIT_USAGE;
}

static int with_redis(struct tool *tool)
{
    char error[KIT_REDIS_ERROR_SIZE];
    int code;

    if (!kit_redis_open(&tool->redis, tool->config, "catalog-memory", error))
        return tool_failed(tool, error);
    code = run(tool);
    kit_redis_close(&tool->redis);
    return code;
}

/* The catalog's configured name: "default" unless told otherwise; a rebuild is of all unless told otherwise.
 */
static bool choose_catalog(struct tool *tool)
{
    const struct options *options = tool->options;
    const struct config_catalog *catalog;

    if (options->command == COMMAND_REBUILD && !options->catalog)
        return true;
    catalog = config_catalog(tool->config, options->catalog);
    if (!catalog) {
        kit_complain(&options->cli,
                     "catalog \"%s\" is not configured: name one of those in the configuration",
                     options->catalog ? options->catalog : "default");
        return false;
    }
    tool->catalog = catalog->name;
    return true;
}

int main(int argc, char **argv)
{
    static struct config config;
    static struct options options;
    struct tool tool = {.options = &options, .config = &config};
    int code = options_parse(argc, argv, &options);

    if (code >= 0)
        return code;
    if (!kit_cli_load(&options.cli, options.command == COMMAND_SHOW ? 0 : CONFIG_NEEDS_KAFKA, &config))
        return KIT_USAGE;
    kit_catch_signals();
    code = choose_catalog(&tool) ? with_redis(&tool) : KIT_USAGE;
    config_free(&config);
    return code;
}
