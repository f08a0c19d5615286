/* The process by the names that Prometheus' own clients use, from /proc, and what it was built from. What
 * cannot be read is left out. */
#include "common/sbuf.h"
#include "worker/runtime/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { STAT_BYTES = 1024, START_FIELD = 22, AFTER_NAME_FIELD = 3 };

/* The first bytes of a file of /proc as text; false where there are none. */
static bool slurp(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t len = 0;

    if (file) {
        len = fread(text, 1, size - 1, file);
        fclose(file);
    }
    text[len] = '\0';
    return len > 0;
}

static void one(struct sbuf *page, const char *name, const char *type, const char *help)
{
    sbuf_printf(page, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name, type, name);
}

static void cpu(struct sbuf *page)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    one(page, "process_cpu_seconds_total", "counter", "CPU time of the process, user and system.");
    sbuf_printf(page, "%.3f\n",
                (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void memory(struct sbuf *page)
{
    char text[STAT_BYTES], *end;
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE), virtual_pages, resident_pages;

    if (!slurp("/proc/self/statm", text, sizeof text))
        return;
    virtual_pages = strtoull(text, &end, 10);
    resident_pages = strtoull(end, NULL, 10);
    one(page, "process_virtual_memory_bytes", "gauge", "Virtual memory of the process.");
    sbuf_printf(page, "%" PRIu64 "\n", virtual_pages * page_bytes);
    one(page, "process_resident_memory_bytes", "gauge", "Resident memory of the process.");
    sbuf_printf(page, "%" PRIu64 "\n", resident_pages * page_bytes);
}

/* Seconds since 1970; 0: unknown. /proc tells ticks since boot, and after the name, which may hold anything
 * but ends with the last bracket. */
static double started_at(void)
{
    char text[STAT_BYTES], *at = NULL;
    struct timespec wall, boot;

    if (slurp("/proc/self/stat", text, sizeof text))
        at = strrchr(text, ')');
    for (int field = AFTER_NAME_FIELD; at && field <= START_FIELD; field++)
        at = strchr(at + 1, ' ');
    if (!at || clock_gettime(CLOCK_REALTIME, &wall) != 0 || clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
        return 0;
    return (double)(wall.tv_sec - boot.tv_sec) + (double)(wall.tv_nsec - boot.tv_nsec) / 1e9 +
           (double)strtoull(at, NULL, 10) / (double)sysconf(_SC_CLK_TCK);
}

static void start(struct sbuf *page)
{
    static double seconds; /* asked once: a wall clock that is set later does not move it */

    if (seconds == 0)
        seconds = started_at();
    if (seconds == 0)
        return;
    one(page, "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.");
    sbuf_printf(page, "%.2f\n", seconds);
}

static void files(struct sbuf *page)
{
    DIR *folder = opendir("/proc/self/fd");
    struct rlimit limit;
    int count = -3; /* ., .., and the folder's own */

    if (folder) {
        while (readdir(folder))
            count++;
        closedir(folder);
        one(page, "process_open_fds", "gauge", "Open file descriptors.");
        sbuf_printf(page, "%d\n", count);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        one(page, "process_max_fds", "gauge", "Open file descriptors that are allowed.");
        sbuf_printf(page, "%" PRIu64 "\n", (uint64_t)limit.rlim_cur);
    }
}

void metrics_process(struct sbuf *page)
{
    metrics_head(page, "build_info", "gauge", "1; the labels say which version runs, on which librdkafka.");
    sbuf_printf(page, "catalog_sync_build_info{version=\"%s\",librdkafka=\"%s\"} 1\n", CATALOG_SYNC_VERSION,
                rd_kafka_version_str());
    cpu(page);
    memory(page);
    start(page);
    files(page);
}
