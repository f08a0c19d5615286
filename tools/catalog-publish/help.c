#include "options.h"

#include <stdio.h>

static const char usage[] =
    "Usage: catalog-publish [--config FILE | --bootstrap-servers HOST:PORT] [options] FILE|FOLDER|-...\n"
    "Publishes product events from JSON lines and CSV files, each delivery confirmed by all in-sync "
    "replicas.\n"
    "\n"
    "Input: *.csv is CSV with a header row, all else JSON lines; - is standard input; of a folder all "
    "*.jsonl, "
    "*.json,\n"
    "*.ndjson and *.csv are read, in the order of their names. A JSON line is one of\n"
    "  a CloudEvent      {\"specversion\":\"1.0\",\"id\":...,\"source\":...,\"type\":...,\"data\":{...}}\n"
    "  its data alone    {\"product_id\":7,\"version\":12,\"sku\":\"A-7\",...}; id, source, type and time "
    "are made "
    "for it\n"
    "                    (with \"deleted\":true it becomes product.deleted)\n"
    "  a tombstone       {\"product_id\":7,\"tombstone\":true}; the key with a null value\n"
    "CSV columns are named as the event's fields (product_id, version, sku, name, price, ..., fields.color); "
    "an "
    "empty cell\n"
    "is an absent field. See docs/publishing.md.\n"
    "\n";

static const char reading[] =
    "  --format json|csv         of standard input, or of files whose names do not tell\n"
    "  --map FIELD=COLUMN        the column that holds a field, if it is not named so\n"
    "  --ignore COLUMN           a column to pass over; --ignore-unknown: all that are no field\n"
    "  --delimiter CHAR|tab      between cells (default ,)\n"
    "  --list-separator CHAR     between the links of one cell (default |)\n"
    "  --row-version now|N       the version of rows that have none; now: microseconds since 1970\n"
    "  --only-sku A,B            only these rows; also --only-product 7,8, --ids-from FILE (product ids, one "
    "a "
    "line),\n"
    "                            --skus-from FILE\n"
    "\n"
    "  --strict                  all rows are checked first; if one is wrong, nothing is sent\n"
    "  --unchecked               sends also what the worker would refuse (into its dead letters)\n"
    "  --dry-run                 reads and checks everything, and sends nothing\n"
    "  --resume FILE             keeps in FILE what is confirmed, and begins behind it: after Ctrl-C or kill "
    "-9, "
    "run it\n"
    "                            again in the same way\n"
    "\n";

static const char sending[] =
    "  --bootstrap-servers LIST  Kafka's brokers, the same as --set kafka.bootstrap.servers=LIST\n"
    "  --config FILE             a .properties file, best the worker's: rows are then checked by its rules\n"
    "  --set KEY=VALUE           one key; outranks the environment (CATALOG_SYNC_...), and that the file\n"
    "  --topic NAME              default topic.events, with --resync topic.events.bulk\n"
    "  --type created|updated|deleted   of rows that are data alone (default updated, or deleted if they say "
    "so)\n"
    "  --delete                  the same as --type deleted\n"
    "  --source URI              of rows that are data alone (default urn:catalog-publish)\n"
    "  --id-prefix TEXT          before the made ids (PRODUCT-vVERSION-TYPE). The same id again is a "
    "duplicate and\n"
    "                            changes nothing\n"
    "  --mode structured|binary  of CloudEvents (default structured)\n"
    "  --rate N                  at most N events a second\n"
    "  --resync                  product.resync: written to the catalog even where nothing seems to have "
    "changed.\n"
    "                            Says how long it takes at catalog.rate.per.hour, and refuses if the topic "
    "does "
    "not keep\n"
    "                            it that long (--force: all the same)\n"
    "  --raw                     for tests: lines are "
    "{\"key\",\"value\",\"headers\",\"topic\",\"partition\"}, sent "
    "unchecked\n"
    "\n"
    "  --adopt                   rows with product_id, sku and catalog_id: looks the items up in the "
    "catalog, "
    "reports, and\n"
    "                            then records them as known to the workers (--yes: without asking; --report "
    "FILE:\n"
    "                            every row's verdict, a JSON line each)\n"
    "\n"
    "  --json                    close with one line of JSON on standard output\n"
    "  --quiet                   no progress, no summary for people\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 all is done, 1 something is not (wrong rows, failed deliveries, Ctrl-C, a refusal), 2 "
    "wrong "
    "usage or\n"
    "configuration.\n";

void options_help(void)
{
    fputs(usage, stdout);
    fputs(reading, stdout);
    fputs(sending, stdout);
}
