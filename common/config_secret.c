#include "common/config_parts.h"
#include "common/redact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void drop(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void remember_file(struct config_secret *secret, const struct stat *st)
{
    secret->file_mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    secret->file_size = st->st_size;
    secret->file_inode = st->st_ino;
}

static bool same_file(const struct config_secret *secret, const struct stat *st)
{
    struct config_secret now = {0};

    remember_file(&now, st);
    return now.file_mtime_ns == secret->file_mtime_ns && now.file_size == secret->file_size &&
           now.file_inode == secret->file_inode;
}

/* Cuts off the white space around a secret in place: a stray newline makes every call fail (catalog-api.md
 * section 9). Returns its start, NULL where it cannot be a secret; then *what says why. */
static char *trim(char *text, const char **what)
{
    size_t len;

    text += strspn(text, " \t\r\n");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
    *what = len == 0 ? "is empty" : NULL;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            *what = "holds a line break or another control character inside";
    return *what ? NULL : text;
}

/* Reads a whole small file. Returns its bytes, -1 with errno where it cannot be read. */
static ssize_t read_file(const char *path, char *buffer, size_t cap, struct stat *st)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), saved;
    size_t len = 0;
    ssize_t n = 0;

    if (fd < 0)
        return -1;
    if (fstat(fd, st) != 0 || S_ISDIR(st->st_mode)) {
        close(fd);
        errno = EISDIR;
        return -1;
    }
    while (len < cap && (n = read(fd, buffer + len, cap - len)) > 0)
        len += (size_t)n;
    saved = errno;
    close(fd);
    errno = saved;
    return n < 0 ? -1 : (ssize_t)len;
}

/* A copy of what the file holds, trimmed; NULL with `why`. */
static char *secret_of_file(const char *path, struct stat *st, char *why, size_t why_bytes)
{
    char buffer[CONFIG_SECRET_MAX_BYTES + 2], *copy = NULL, *start;
    ssize_t len = read_file(path, buffer, sizeof(buffer) - 1, st);
    const char *what = NULL;

    if (len < 0) {
        snprintf(why, why_bytes,
                 "the file %s cannot be read (%s): name one that this process may read, with the secret "
                 "alone in it",
                 path, strerror(errno));
        return NULL;
    }
    buffer[len] = '\0';
    if (len > CONFIG_SECRET_MAX_BYTES)
        what = "is larger than any secret";
    else if (strlen(buffer) != (size_t)len)
        what = "holds a NUL byte";
    start = what ? NULL : trim(buffer, &what);
    if (start)
        copy = strdup(start);
    else
        snprintf(why, why_bytes, "the file %s %s: put the secret into it, on one line", path, what);
    explicit_bzero(buffer, sizeof(buffer));
    return copy;
}

bool config_secret_open(struct config_secret *secret, const char *value, const char *file, char *why,
                        size_t why_bytes)
{
    struct stat st;
    const char *what;
    char *copy;

    memset(secret, 0, sizeof(*secret));
    if (file) {
        secret->value = secret_of_file(file, &st, why, why_bytes);
        if (!secret->value)
            return false;
        secret->file = strdup(file);
        remember_file(secret, &st);
    } else if (value) {
        copy = strdup(value);
        if (!copy || !trim(copy, &what)) {
            snprintf(why, why_bytes, "%s", copy ? what : "cannot be kept: out of memory");
            drop(copy);
            return false;
        }
        secret->value = strdup(trim(copy, &what));
        drop(copy);
    }
    redact_add(secret->value);
    return true;
}

void config_secret_close(struct config_secret *secret)
{
    drop(secret->value);
    free(secret->file);
    memset(secret, 0, sizeof(*secret));
}

int config_secret_refresh(struct config_secret *secret, char *why, size_t why_bytes)
{
    struct stat st;
    char *value;

    if (!secret->file)
        return 0;
    if (stat(secret->file, &st) != 0) {
        snprintf(why, why_bytes, "the file %s cannot be read (%s)", secret->file, strerror(errno));
        return -1;
    }
    if (same_file(secret, &st))
        return 0;
    value = secret_of_file(secret->file, &st, why, why_bytes);
    if (!value)
        return -1;
    remember_file(secret, &st);
    if (secret->value && strcmp(secret->value, value) == 0) {
        drop(value);
        return 0;
    }
    redact_add(value);
    drop(secret->value);
    secret->value = value;
    return 1;
}
