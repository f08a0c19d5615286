/* catalog-sim: the Meta catalog API, simulated (catalog-api.md). */
#include "options.h"
#include "server.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* The file appears whole: it is written beside and renamed. */
static bool write_port(const char *path, int port)
{
    char temporary[4096];
    if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary)
        return false;
    FILE *file = fopen(temporary, "w");
    if (!file)
        return false;
    bool ok = fprintf(file, "%d\n", port) > 0;
    ok = fclose(file) == 0 && ok;
    return ok && rename(temporary, path) == 0;
}

static int serve(struct sim *sim, const struct options *options)
{
    char why[256];
    struct server *server = server_start(sim, options->listen, why, sizeof why);
    if (!server) {
        fprintf(stderr, "catalog-sim: %s\n", why);
        return 1;
    }
    bool ok = !options->port_file || write_port(options->port_file, server_port(server));
    if (ok) {
        printf("catalog-sim: listening on %s\n", server_url(server));
        fflush(stdout);
        ok = server_run(server, why, sizeof why);
    } else {
        snprintf(why, sizeof why, "--port-file %.150s: %s", options->port_file, strerror(errno));
    }
    if (!ok)
        fprintf(stderr, "catalog-sim: %s\n", why);
    server_stop(server);
    return ok ? 0 : 1;
}

/* Each connection needs a descriptor: take as many as we may. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    static struct sim sim;
    struct options options;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGPIPE);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise_descriptors();
    /* Memory is kept, not handed back and asked for again with every burst. */
    mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
    mallopt(M_TOP_PAD, 1024 * 1024);
    sim_init(&sim);
    int status = options_read(argc, argv, &options, &sim);
    if (status < 0) {
        journal_init(&sim.journal, (uint64_t)sim.knobs.journal_size);
        status = serve(&sim, &options);
    }
    sim_free(&sim);
    return status;
}
