#include "source.h"

#include "tools/kit/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A signal that came between the look at kit_stop and the read is seen after this at most. */
enum { POLL_MS = 200, PATH_SIZE = 4096 };

int source_attach(struct source *source, int fd)
{
    if (!source->buffer)
        source->buffer = malloc(SOURCE_BUFFER_BYTES);
    if (!source->buffer)
        return ENOMEM;
    source->fd = fd;
    source->from = source->to = 0;
    source->bytes_read = 0;
    source->at_end = false;
    return 0;
}

int source_open(struct source *source, const char *path)
{
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), err;

    if (fd < 0)
        return errno;
    err = source_attach(source, fd);
    if (err)
        source_close(source);
    return err;
}

/* True when there is something to read; false: stopped, or errno. */
static bool wait_readable(int fd)
{
    struct pollfd ask = {.fd = fd, .events = POLLIN};

    for (;;) {
        int ready;

        if (kit_stop)
            return false;
        ready = poll(&ask, 1, POLL_MS);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

enum source_verdict source_fill(struct source *source)
{
    ssize_t n;

    if (source->at_end)
        return SOURCE_END;
    if (source->from > 0) {
        memmove(source->buffer, source->buffer + source->from, source->to - source->from);
        source->to -= source->from;
        source->from = 0;
    }
    if (source->to == SOURCE_BUFFER_BYTES)
        return SOURCE_MORE;
    if (!wait_readable(source->fd))
        return kit_stop ? SOURCE_STOPPED : SOURCE_FAILED;
    n = read(source->fd, source->buffer + source->to, SOURCE_BUFFER_BYTES - source->to);
    if (n < 0)
        return errno == EINTR ? SOURCE_MORE : SOURCE_FAILED;
    source->at_end = n == 0;
    source->to += (size_t)n;
    source->bytes_read += (uint64_t)n;
    return n == 0 ? SOURCE_END : SOURCE_MORE;
}

void source_close(struct source *source)
{
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    source->fd = -1;
    source->from = source->to = 0;
}

void source_free(struct source *source)
{
    free(source->buffer);
    source->buffer = NULL;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno != EINTR)
            return false;
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* A file that is gone when it is closed. */
static int open_nameless(void)
{
    const char *folder = getenv("TMPDIR");
    char path[PATH_SIZE];
    int fd;

    if (snprintf(path, sizeof path, "%s/catalog-publish-XXXXXX", folder && folder[0] ? folder : "/tmp") >=
        PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool copy_all(struct source *input, int fd)
{
    while (!input->at_end) {
        switch (source_fill(input)) {
        case SOURCE_STOPPED: errno = EINTR; return false;
        case SOURCE_FAILED: return false;
        default: break;
        }
        if (!write_all(fd, input->buffer + input->from, input->to - input->from))
            return false;
        input->from = input->to;
    }
    return lseek(fd, 0, SEEK_SET) == 0;
}

int source_keep(const char *path)
{
    struct source input = {0};
    int err = source_open(&input, path), fd = -1;
    bool ok;

    if (!err)
        fd = open_nameless();
    ok = fd >= 0 && copy_all(&input, fd);
    err = err ? err : errno;
    source_close(&input);
    source_free(&input);
    if (!ok && fd >= 0)
        close(fd);
    errno = err;
    return ok ? fd : -1;
}
