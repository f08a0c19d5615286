/* catalog-shadow: what a shadow would have done, against what the catalog holds. */
#include "shadow.h"

/* Settings that make no sense here, said on stderr. */
static bool check(const struct shadow_options *options, const struct config *config)
{
    if (config->catalog_mode != CONFIG_MODE_PLAN_ONLY) {
        kit_complain(&options->cli,
                     "this is no shadow's configuration: it wants catalog.mode=plan-only (docs/cutover.md), "
                     "and only its workers plan what they would call");
        return false;
    }
    for (size_t i = 0; i < config->catalog_count; i++) {
        const struct config_catalog *catalog = &config->catalogs[i];

        if (catalog->token.value)
            continue;
        kit_complain(&options->cli,
                     "catalogs.%s.token.file: not set: a shadow needs no token, but comparing reads the "
                     "catalog",
                     catalog->name);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct shadow_options options;
    static struct config config;
    static struct shadow shadow;
    int code = shadow_options(&options, argc, argv);

    if (code >= 0)
        return code;
    if (!kit_cli_load(&options.cli, CONFIG_NEEDS_KAFKA | CONFIG_NEEDS_CATALOG, &config))
        return KIT_USAGE;
    kit_catch_signals();
    shadow.options = &options;
    shadow.config = &config;
    code = check(&options, &config) ? shadow_run(&shadow) : KIT_USAGE;
    config_free(&config);
    return code;
}
