/* What catalog-publish was told on its command line. */
#ifndef CATALOG_PUBLISH_OPTIONS_H
#define CATALOG_PUBLISH_OPTIONS_H

#include "columns.h"
#include "tools/kit/cli.h"

#include <stdbool.h>
#include <stdint.h>

enum { OPTION_LIST_MAX = 256, OPTION_TEXT_SIZE = 512 };

enum event_type { TYPE_BY_CONTENT, TYPE_CREATED, TYPE_UPDATED, TYPE_DELETED, TYPE_RESYNC };
enum event_mode { MODE_STRUCTURED, MODE_BINARY };
enum input_format { FORMAT_BY_NAME, FORMAT_JSON, FORMAT_CSV };

/* Texts point into argv. */
struct options {
    struct kit_cli cli;
    char servers[4096]; /* --set kafka.bootstrap.servers=... made of --bootstrap-servers */
    char *const *inputs;
    int inputs_count;

    enum input_format format;
    char delimiter;
    struct column_rules columns;

    const char *topic; /* NULL: the configuration's */
    const char *source;
    const char *id_prefix; /* NULL: none given */
    enum event_type type;
    enum event_mode mode;
    int64_t stamp;  /* version of rows that have none; 0: none, -1: the time of the start */
    double rate;    /* events/s, 0 for no limit */
    bool raw;       /* lines are records, sent unchecked */
    bool unchecked; /* what the worker would refuse is sent as well */

    const char *skus[OPTION_LIST_MAX], *products[OPTION_LIST_MAX]; /* --only-sku, --only-product: lists */
    int skus_count, products_count;
    const char *ids_file, *skus_file;

    bool strict, dry_run, force, json, quiet;
    const char *resume; /* the checkpoint file; NULL: none */

    bool adopt, yes;
    const char *report; /* --report; NULL: none */
};

enum options_verdict { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* Reads argv. OPTIONS_DONE: --help or --version was answered. OPTIONS_WRONG: a message is on stderr, exit 2.
 */
enum options_verdict options_read(struct options *options, int argc, char **argv);

/* --help. */
void options_help(void);

#endif
