#include "tools/kit/cli.h"

#include "common/redact.h"
#include "common/textsafe.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ERRORS_BYTES = 8192, MESSAGE_BYTES = 2048 };

extern char **environ;

volatile sig_atomic_t kit_stop;

bool kit_cli_set(struct kit_cli *cli, const char *pair)
{
    if (cli->set_count == KIT_SETS_MAX) {
        kit_complain(cli, "more than %d --set options: put them into a file and use --config", KIT_SETS_MAX);
        return false;
    }
    cli->sets[cli->set_count++] = pair;
    return true;
}

bool kit_cli_load(const struct kit_cli *cli, unsigned needs, struct config *config)
{
    static char errors[ERRORS_BYTES];
    const struct config_sources sources = {
        .file = cli->config_file,
        .env = (const char *const *)environ,
        .sets = cli->sets,
        .set_count = cli->set_count,
        .needs = needs,
    };

    if (config_load(config, &sources, errors, sizeof errors))
        return true;
    fprintf(stderr, "%s: the configuration has mistakes:\n%s", cli->program, errors);
    return false;
}

void kit_complain(const struct kit_cli *cli, const char *format, ...)
{
    char text[MESSAGE_BYTES], safe[MESSAGE_BYTES];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    textsafe_copy(safe, sizeof safe, text, strlen(text));
    fprintf(stderr, "%s: %s\n", cli->program, safe);
}

void kit_actor(char out[KIT_ACTOR_SIZE])
{
    const char *given = getenv("CATALOG_SYNC_ACTOR");
    const struct passwd *user = given && given[0] ? NULL : getpwuid(geteuid());
    char host[64] = "", text[KIT_ACTOR_SIZE];

    gethostname(host, sizeof host - 1);
    if (given && given[0])
        snprintf(text, sizeof text, "%.60s@%s", given, host);
    else if (user)
        snprintf(text, sizeof text, "%.60s@%s", user->pw_name, host);
    else
        snprintf(text, sizeof text, "uid-%lu@%s", (unsigned long)geteuid(), host);
    textsafe_copy(out, KIT_ACTOR_SIZE, text, strlen(text));
}

static void on_signal(int number)
{
    (void)number;
    if (kit_stop < 2)
        kit_stop = kit_stop + 1;
}

void kit_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t kit_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t kit_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}
