/* What every tool's command line shares: --config, --set, the environment, and who is asking. */
#ifndef KIT_CLI_H
#define KIT_CLI_H

#include "common/config.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KIT_DONE = 0, KIT_FAILED = 1, KIT_USAGE = 2, KIT_PARTIAL = 3 }; /* exit codes (design.md section 5) */
enum { KIT_SETS_MAX = 256, KIT_ACTOR_SIZE = 128 };

/* Where a tool's configuration comes from. Zero it, set program, then add what the command line says. */
struct kit_cli {
    const char *program;     /* its name, before every message */
    const char *config_file; /* --config; points into argv */
    const char *sets[KIT_SETS_MAX + 1];
    size_t set_count;
};

/* Adds one --set (points into argv). False with a message on stderr when there are too many. */
bool kit_cli_set(struct kit_cli *cli, const char *pair);

/* Reads the configuration (common/config.h) from file, environment and --set; needs: CONFIG_NEEDS_*. On false
 * every mistake has been printed to stderr, and the tool exits with KIT_USAGE. The caller frees with
 * config_free. */
bool kit_cli_load(const struct kit_cli *cli, unsigned needs, struct config *config);

/* Prints "PROGRAM: message\n" to stderr, scrubbed of registered secrets and of control characters. */
void kit_complain(const struct kit_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Who asks, for audit records: user@host, control characters taken out. $CATALOG_SYNC_ACTOR, if set, stands
 * for the user (a deployment's pods all run as one). Written to out. */
void kit_actor(char out[KIT_ACTOR_SIZE]);

/* Ctrl-C and SIGTERM set kit_stop to 1; a second one sets it to 2. SIGPIPE is ignored. */
extern volatile sig_atomic_t kit_stop;
void kit_catch_signals(void);

/* Milliseconds: of the monotonic clock, and since 1970. */
int64_t kit_now_ms(void);
int64_t kit_wall_ms(void);

#endif
