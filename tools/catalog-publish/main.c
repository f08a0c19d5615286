/* catalog-publish: product events from JSON lines and CSV to Kafka, every record confirmed. */
#include "adopt.h"
#include "publish.h"

int main(int argc, char **argv)
{
    static struct options options;
    static struct config config;
    unsigned needs;
    int code;

    switch (options_read(&options, argc, argv)) {
    case OPTIONS_RUN: break;
    case OPTIONS_DONE: return KIT_DONE;
    case OPTIONS_WRONG: return KIT_USAGE;
    }
    needs = options.adopt ? CONFIG_NEEDS_ALL : options.dry_run ? 0 : CONFIG_NEEDS_KAFKA;
    if (!kit_cli_load(&options.cli, needs, &config))
        return KIT_USAGE;
    kit_catch_signals();
    code = options.adopt ? adopt(&options, &config) : publish(&options, &config);
    config_free(&config);
    return code;
}
