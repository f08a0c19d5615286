/* dev-kafka: an embedded Kafka for laptops and quick tests. One loop: signals, commands, and a look at the
 * log starts once a second. */
#include "cluster.h"
#include "options.h"
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 1000
#define UNKNOWN_MAX   5 /* looks without an answer, while the brokers are up, before that is worth a word */
#define COMMAND_MAX   512

struct commands {
    char line[COMMAND_MAX];
    size_t used;
    bool open;
};

/* The address appears under its name only when it is whole, so a reader that waits for the file never sees
 * half. */
static bool write_address(const char *path, const char *address)
{
    char temporary[4096];
    FILE *file;
    bool written;
    int n = snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path, (long)getpid());

    if (n < 0 || (size_t)n >= sizeof(temporary)) {
        fprintf(stderr, "dev-kafka: --address-file: the path is too long\n");
        return false;
    }
    file = fopen(temporary, "w");
    if (!file) {
        fprintf(stderr, "dev-kafka: cannot write %s: %s\n", temporary, strerror(errno));
        return false;
    }
    written = fprintf(file, "%s\n", address) > 0;
    written = fclose(file) == 0 && written;
    if (!written || rename(temporary, path)) {
        fprintf(stderr, "dev-kafka: cannot write %s: %s\n", path, strerror(errno));
        unlink(temporary);
        return false;
    }
    return true;
}

/* Takes what stdin has and carries out whole lines. A line that does not fit is refused, not cut. */
static void read_commands(struct commands *commands, struct cluster *cluster)
{
    ssize_t n = read(STDIN_FILENO, commands->line + commands->used, sizeof(commands->line) - commands->used);
    char *newline;

    if (n <= 0) {
        commands->open = n < 0 && errno == EINTR;
        return;
    }
    commands->used += (size_t)n;
    while ((newline = memchr(commands->line, '\n', commands->used))) {
        size_t taken = (size_t)(newline - commands->line) + 1;

        *newline = '\0';
        cluster_command(cluster, commands->line, stdout);
        commands->used -= taken;
        memmove(commands->line, commands->line + taken, commands->used);
    }
    if (commands->used == sizeof(commands->line)) {
        puts("error a command is longer than 511 bytes");
        fflush(stdout);
        commands->used = 0;
    }
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Runs until a signal (returns 0) or until records were dropped (returns 1). */
static int run(struct cluster *cluster, struct watch *watch, int signals, bool with_commands)
{
    struct commands commands = {.open = with_commands};
    int64_t look_at_ms = now_ms() + LOOK_EVERY_MS;
    int unknown = 0;

    for (;;) {
        struct pollfd fds[2] = {{.fd = signals, .events = POLLIN},
                                {.fd = commands.open ? STDIN_FILENO : -1, .events = POLLIN}};
        int64_t wait_ms = cluster->down ? LOOK_EVERY_MS : look_at_ms - now_ms();

        if (poll(fds, 2, wait_ms > 0 ? (int)wait_ms : 0) < 0 && errno != EINTR)
            return 1;
        if (fds[0].revents)
            return 0;
        if (fds[1].revents)
            read_commands(&commands, cluster);
        if (now_ms() < look_at_ms || cluster->down)
            continue;
        switch (watch_look(watch)) {
        case WATCH_WHOLE: unknown = 0; break;
        case WATCH_DROPPED: return 1;
        case WATCH_UNKNOWN:
            if (++unknown == UNKNOWN_MAX)
                fputs("dev-kafka: the brokers do not answer (busy, or taken down by a command); log starts "
                      "unseen\n",
                      stderr);
            break;
        }
        look_at_ms = now_ms() + LOOK_EVERY_MS;
    }
}

/* Blocked before any thread starts, so that every thread inherits it and only the signalfd sees the signals.
 */
static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
    struct options options;
    struct cluster cluster = {0};
    struct watch watch = {0};
    pid_t parent = getppid();
    int signals, code = 1;

    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_RUN: break;
    case OPTIONS_DONE: return 0;
    case OPTIONS_WRONG: return 2;
    }
    signals = open_signals();
    if (options.die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            return 0;
    }
    if (signals >= 0 && cluster_open(&cluster, &options) && watch_open(&watch, cluster.bootstrap_servers) &&
        (!options.address_file || write_address(options.address_file, cluster.bootstrap_servers))) {
        printf("dev-kafka: bootstrap.servers=%s\n", cluster.bootstrap_servers);
        fflush(stdout);
        code = run(&cluster, &watch, signals, options.commands);
    }
    watch_close(&watch);
    cluster_close(&cluster);
    if (options.address_file)
        unlink(options.address_file);
    return code;
}
