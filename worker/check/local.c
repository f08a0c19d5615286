/* This process and this machine: the configuration's warnings, file limits, the admin endpoint's address. */
#include "worker/check/check.h"
#include "worker/runtime/admin.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Descriptors beside the API calls' own: brokers, Redis, epoll, eventfds, credential files, logs. */
enum { OTHER_FILES = 128 };

static void on_warning(void *arg, const char *text)
{
    check_say(arg, CHECK_WARN, "config", NULL, "change the key, or accept it: --accept config", "%s", text);
}

static void look_at_config(const struct check *check, struct check_report *report)
{
    size_t before = report->count;

    config_warnings(check->config, on_warning, report);
    if (report->count == before)
        check_say(report, CHECK_OK, "config", NULL, NULL,
                  "every key is known, within its bounds, and none contradicts another");
}

static void look_at_files(const struct check *check, struct check_report *report)
{
    struct rlimit limit;
    uint64_t calls = 0, least, whole;

    for (size_t i = 0; i < check->config->catalog_count; i++)
        calls += (uint64_t)check->config->catalogs[i].inflight_max;
    least = calls + OTHER_FILES;
    whole = least + ADMIN_CONNECTIONS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        check_say(report, CHECK_UNKNOWN, "files", NULL, "look at ulimit -n", "the limit cannot be read: %s",
                  strerror(errno));
    else if (limit.rlim_cur < whole)
        check_say(report, limit.rlim_cur < least ? CHECK_FAIL : CHECK_WARN, "files", NULL,
                  "raise it (ulimit -n, LimitNOFILE of systemd, the container runtime's ulimits), or lower "
                  "catalog.inflight.max",
                  "%" PRIu64 " files may be open at once; calls and connections may need %" PRIu64,
                  (uint64_t)limit.rlim_cur, whole);
    else
        check_say(report, CHECK_OK, "files", NULL, NULL,
                  "%" PRIu64 " files may be open at once, at most %" PRIu64 " are needed",
                  (uint64_t)limit.rlim_cur, whole);
}

/* Binds as the worker will, and lets go. */
static int try_to_listen(const struct sockaddr_storage *addr)
{
    int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1, failed = 0;
    socklen_t size = addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (const struct sockaddr *)addr, size) != 0 || listen(fd, 1) != 0)
        failed = errno;
    close(fd);
    return failed;
}

static void look_at_admin(const struct check *check, struct check_report *report)
{
    const char *listen_at = check->config->admin_listen;
    struct sockaddr_storage addr;
    char error[512];
    int failed;

    if (listen_at[0] == '\0') {
        check_say(report, CHECK_WARN, "admin.listen", NULL,
                  "set admin.listen, such as :8080, for probes, metrics and /status",
                  "it is off: nothing can ask this worker how it is");
        return;
    }
    if (!admin_resolve(listen_at, &addr, error, sizeof error)) {
        check_say(report, CHECK_FAIL, "admin.listen", NULL, "write host:port, or :port for all addresses",
                  "%s", error);
        return;
    }
    failed = try_to_listen(&addr);
    if (failed == EADDRINUSE && admin_alive_at(listen_at))
        check_say(report, CHECK_OK, "admin.listen", NULL, NULL, "a worker answers at %s", listen_at);
    else if (failed)
        check_say(report, CHECK_FAIL, "admin.listen", NULL,
                  failed == EADDRINUSE ? "choose another port, or stop what listens there"
                  : failed == EACCES   ? "choose a port above 1023: lower ones are for root"
                                       : "name an address of this machine, or none: :8080",
                  "%s cannot be listened on: %s", listen_at, strerror(failed));
    else
        check_say(report, CHECK_OK, "admin.listen", NULL, NULL, "%s is free", listen_at);
}

void check_local(const struct check *check, struct check_report *report)
{
    look_at_config(check, report);
    look_at_files(check, report);
    look_at_admin(check, report);
}
