#include "common/log.h"
#include "common/iso8601.h"
#include "common/redact.h"
#include "common/utf8.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 128 * 1024, /* several turns' lines at info level */
    TAIL_BYTES = 32,           /* kept free in a line for what closes it */
    WORKER_BYTES = 64,
    PIECE_BYTES = 4096, /* PIPE_BUF: what a pipe that polls as writable takes without blocking */
    FULL_WAIT_MS = 100,
};

_Static_assert(BUFFER_BYTES > 2 * LOG_LINE_MAX_BYTES, "a whole line always fits after a flush");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out_fd = STDERR_FILENO;
static enum log_level least_level = LOG_AT_INFO;
static enum log_format out_format = LOG_AS_JSON;
static char worker[WORKER_BYTES + 1];
static int64_t (*clock_ms)(void);
static uint64_t lost_lines;
static bool flushes_at_exit;
static bool out_is_full;

static char buffer[BUFFER_BYTES];
static size_t buffered, buffered_lines;

/* The time stamp of the last line, since lines of one millisecond are many. */
static int64_t stamp_ms = -1;
static char stamp[ISO8601_TEXT_BYTES];

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const level_labels[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};

/* A line under construction. */
struct line {
    char *p, *end;
    bool cut; /* something did not fit */
};

struct log_kv log_bytes(const char *key, const void *value, size_t len)
{
    return (struct log_kv){.key = key, .str = value, .len = len, .kind = value ? LOG_KV_STR : LOG_KV_NONE};
}

struct log_kv log_str(const char *key, const char *value)
{
    return log_bytes(key, value, value ? strlen(value) : 0);
}

struct log_kv log_payload(const char *key, const void *value, size_t len)
{
    return (struct log_kv){
        .key = key, .str = value, .len = len, .kind = value ? LOG_KV_PAYLOAD : LOG_KV_NONE};
}

struct log_kv log_int(const char *key, int64_t value)
{
    return (struct log_kv){.key = key, .num = value, .kind = LOG_KV_INT};
}

struct log_kv log_uint(const char *key, uint64_t value)
{
    return (struct log_kv){.key = key, .num = (int64_t)value, .kind = LOG_KV_UINT};
}

struct log_kv log_bool(const char *key, bool value)
{
    return (struct log_kv){.key = key, .num = value, .kind = LOG_KV_BOOL};
}

struct log_kv log_milli(const char *key, int64_t thousandths)
{
    return (struct log_kv){.key = key, .num = thousandths, .kind = LOG_KV_FIXED3};
}

static int64_t now_ms(void)
{
    struct timespec ts;

    if (clock_ms)
        return clock_ms();
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void put(struct line *line, const void *bytes, size_t len)
{
    if (line->cut || (size_t)(line->end - line->p) < len) {
        line->cut = true;
        return;
    }
    memcpy(line->p, bytes, len);
    line->p += len;
}

static void puts_to(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_unsigned(struct line *line, uint64_t n, int digits_min)
{
    char digits[24], *p = digits + sizeof(digits);

    do {
        *--p = (char)('0' + n % 10);
        n /= 10;
    } while (n || digits + sizeof(digits) - p < digits_min);
    put(line, p, (size_t)(digits + sizeof(digits) - p));
}

static void put_signed(struct line *line, int64_t n)
{
    if (n < 0)
        put(line, "-", 1);
    put_unsigned(line, n < 0 ? -(uint64_t)n : (uint64_t)n, 1);
}

static void put_thousandths(struct line *line, int64_t n)
{
    uint64_t size = n < 0 ? -(uint64_t)n : (uint64_t)n;

    if (n < 0)
        put(line, "-", 1);
    put_unsigned(line, size / 1000, 1);
    put(line, ".", 1);
    put_unsigned(line, size % 1000, 3);
}

static void put_escape(struct line *line, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    switch (c) {
    case '"': put(line, "\\\"", 2); break;
    case '\\': put(line, "\\\\", 2); break;
    case '\n': put(line, "\\n", 2); break;
    case '\r': put(line, "\\r", 2); break;
    case '\t': put(line, "\\t", 2); break;
    default: put(line, escape, 6); break;
    }
}

static void put_escaped(struct line *line, const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;

    while (i < len && !line->cut) {
        size_t run = utf8_plain_run(p + i, len - i);

        put(line, p + i, run);
        i += run;
        if (i == len)
            break;
        if (p[i] < 0x80) {
            put_escape(line, p[i++]);
            continue;
        }
        run = utf8_sequence(p + i, len - i);
        if (run)
            put(line, p + i, run);
        else
            put(line, "\\ufffd", 6);
        i += run ? run : 1;
    }
}

static bool needs_quotes(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || strchr("\"\\=\x7f", text[i]) || (unsigned char)text[i] >= 0x80)
            return true;
    return len == 0;
}

static void put_string(struct line *line, const char *text, size_t len, size_t cap)
{
    size_t shown = redact_cut(text, len, cap);
    bool quotes = out_format == LOG_AS_JSON || shown < len || needs_quotes(text, len);

    if (quotes)
        put(line, "\"", 1);
    put_escaped(line, text, shown);
    if (shown < len)
        puts_to(line, "...");
    if (quotes)
        put(line, "\"", 1);
}

static void put_value(struct line *line, const struct log_kv *kv)
{
    switch (kv->kind) {
    case LOG_KV_NONE: break;
    case LOG_KV_STR: put_string(line, kv->str, kv->len, LOG_VALUE_MAX_BYTES); break;
    case LOG_KV_PAYLOAD: put_string(line, kv->str, kv->len, LOG_PAYLOAD_MAX_BYTES); break;
    case LOG_KV_INT: put_signed(line, kv->num); break;
    case LOG_KV_UINT: put_unsigned(line, (uint64_t)kv->num, 1); break;
    case LOG_KV_BOOL: puts_to(line, kv->num ? "true" : "false"); break;
    case LOG_KV_FIXED3: put_thousandths(line, kv->num); break;
    }
}

/* A field goes in whole or not at all. */
static void put_field(struct line *line, const struct log_kv *kv)
{
    char *start = line->p;

    if (kv->kind == LOG_KV_NONE || line->cut)
        return;
    if (out_format == LOG_AS_JSON) {
        put(line, ",\"", 2);
        puts_to(line, kv->key);
        put(line, "\":", 2);
    } else {
        put(line, " ", 1);
        puts_to(line, kv->key);
        put(line, "=", 1);
    }
    put_value(line, kv);
    if (line->cut)
        line->p = start;
}

static void put_head(struct line *line, enum log_level level, const char *message, int64_t at_ms)
{
    if (at_ms != stamp_ms) {
        iso8601_format_ms(at_ms, stamp);
        stamp_ms = at_ms;
    }
    if (out_format == LOG_AS_JSON) {
        puts_to(line, "{\"time\":\"");
        put(line, stamp, sizeof(stamp) - 1);
        puts_to(line, "\",\"level\":\"");
        puts_to(line, level_names[level]);
        puts_to(line, "\",\"msg\":");
        put_string(line, message, strlen(message), LOG_VALUE_MAX_BYTES);
    } else {
        put(line, stamp, sizeof(stamp) - 1);
        put(line, " ", 1);
        puts_to(line, level_labels[level]);
        put(line, " ", 1);
        put_escaped(line, message, redact_cut(message, strlen(message), LOG_VALUE_MAX_BYTES));
    }
    if (worker[0])
        put_field(line, &(struct log_kv){
                            .key = "worker", .str = worker, .len = strlen(worker), .kind = LOG_KV_STR});
}

/* Whether a piece can be written without blocking. A pipe whose reader sleeps is waited for once, then not
 * again until it has room: logs must never stop the work. */
static bool has_room(void)
{
    struct pollfd out = {.fd = out_fd, .events = POLLOUT};

    out_is_full = poll(&out, 1, out_is_full ? 0 : FULL_WAIT_MS) == 0;
    return !out_is_full;
}

static void flush_locked(void)
{
    size_t done = 0;
    bool cut;

    while (done < buffered) {
        size_t piece = buffered - done < PIECE_BYTES ? buffered - done : PIECE_BYTES;
        ssize_t n = has_room() ? write(out_fd, buffer + done, piece) : 0;

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR) { /* a full or closed pipe */
            lost_lines += buffered_lines;
            break;
        }
    }
    /* A line that lost its end is closed before the next one, whenever there is room again. */
    cut = done > 0 ? buffer[done - 1] != '\n' : buffered > 0 && buffer[0] == '\n';
    buffer[0] = '\n';
    buffered = cut ? 1 : 0;
    buffered_lines = 0;
}

/* Counts the line against its site; false where it is one too many. *suppressed: how many were left out
 * before it. */
static bool site_lets_through(struct log_site *site, int64_t at_ms, uint32_t *suppressed)
{
    if (at_ms - site->period_start_ms >= LOG_LIMIT_PERIOD_MS || at_ms < site->period_start_ms) {
        *suppressed = site->suppressed;
        *site = (struct log_site){.period_start_ms = at_ms, .lines = 1};
        return true;
    }
    if (site->lines < LOG_LIMIT_LINES) {
        site->lines++;
        return true;
    }
    site->suppressed++;
    return false;
}

bool log_enabled(enum log_level level)
{
    return level >= __atomic_load_n(&least_level, __ATOMIC_RELAXED);
}

void log_write(enum log_level level, struct log_site *site, const char *message, const struct log_kv *kv,
               size_t count)
{
    struct line line;
    uint32_t suppressed = 0;
    int64_t at_ms = now_ms();
    size_t len;

    pthread_mutex_lock(&lock);
    if (site && !site_lets_through(site, at_ms, &suppressed)) {
        pthread_mutex_unlock(&lock);
        return;
    }
    if (!flushes_at_exit)
        flushes_at_exit = atexit(log_flush) == 0;
    if (sizeof(buffer) - buffered < LOG_LINE_MAX_BYTES)
        flush_locked();
    line = (struct line){.p = buffer + buffered, .end = buffer + buffered + LOG_LINE_MAX_BYTES - TAIL_BYTES};
    put_head(&line, level, message, at_ms);
    if (suppressed)
        put_field(&line, &(struct log_kv){.key = "suppressed", .num = suppressed, .kind = LOG_KV_UINT});
    for (size_t i = 0; i < count; i++)
        put_field(&line, &kv[i]);
    if (line.cut) {
        line.cut = false;
        line.end += TAIL_BYTES;
        puts_to(&line, out_format == LOG_AS_JSON ? ",\"cut\":true" : " cut=true");
    }
    line.end = buffer + buffered + LOG_LINE_MAX_BYTES;
    puts_to(&line, out_format == LOG_AS_JSON ? "}" : "");
    len = redact_bytes(buffer + buffered, (size_t)(line.p - buffer) - buffered);
    buffered += len;
    buffer[buffered++] = '\n';
    buffered_lines++;
    if (level >= LOG_AT_ERROR)
        flush_locked();
    pthread_mutex_unlock(&lock);
}

void log_flush(void)
{
    pthread_mutex_lock(&lock);
    flush_locked();
    pthread_mutex_unlock(&lock);
}

void log_init(int fd, enum log_level level, enum log_format format)
{
    pthread_mutex_lock(&lock);
    flush_locked();
    out_fd = fd;
    out_format = format;
    pthread_mutex_unlock(&lock);
    log_set_level(level);
}

void log_set_level(enum log_level level)
{
    __atomic_store_n(&least_level, level, __ATOMIC_RELAXED);
}

void log_set_worker(const char *name)
{
    pthread_mutex_lock(&lock);
    worker[0] = '\0';
    if (name)
        strncat(worker, name, WORKER_BYTES);
    pthread_mutex_unlock(&lock);
}

bool log_redact_add(const char *secret)
{
    return redact_add(secret);
}

uint64_t log_lost_lines(void)
{
    uint64_t lost;

    pthread_mutex_lock(&lock);
    lost = lost_lines;
    pthread_mutex_unlock(&lock);
    return lost;
}

void log_set_clock(int64_t (*now)(void))
{
    pthread_mutex_lock(&lock);
    clock_ms = now;
    pthread_mutex_unlock(&lock);
}

int log_level_parse(const char *name)
{
    for (int i = LOG_AT_DEBUG; i <= LOG_AT_ERROR; i++)
        if (strcmp(level_names[i], name) == 0)
            return i;
    return -1;
}

const char *log_level_name(enum log_level level)
{
    return (unsigned)level <= LOG_AT_ERROR ? level_names[level] : "";
}
