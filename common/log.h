/* Structured logs, one line an event, as JSON or as text for people. Lines are built in a fixed buffer,
 * scrubbed of every registered secret (common/redact.h), and written when the loop's turn ends, on an error,
 * and at exit.
 *
 *     log_info("created", log_str("sku", sku), log_int("attempts", 2));
 *
 * A field's value is read before the call returns; nothing is kept. No line allocates. Safe from any thread.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_AT_DEBUG, LOG_AT_INFO, LOG_AT_WARN, LOG_AT_ERROR };
enum log_format { LOG_AS_JSON, LOG_AS_TEXT };

/* A string value is cut here, a whole line there; both say so by an ellipsis. */
#define LOG_VALUE_MAX_BYTES   1024
#define LOG_PAYLOAD_MAX_BYTES 4096
#define LOG_LINE_MAX_BYTES    16384
/* Lines of one limited call site that are let through in one period; the next one let through says how many
 * were not. */
#define LOG_LIMIT_LINES     5
#define LOG_LIMIT_PERIOD_MS 10000

enum log_kv_kind {
    LOG_KV_NONE,
    LOG_KV_STR,
    LOG_KV_PAYLOAD,
    LOG_KV_INT,
    LOG_KV_UINT,
    LOG_KV_BOOL,
    LOG_KV_FIXED3
};

struct log_kv {
    const char *key; /* a literal: letters, digits, underscores */
    const char *str; /* STR, PAYLOAD: not necessarily NUL-terminated; NULL leaves the field out */
    size_t len;      /* STR, PAYLOAD: bytes */
    int64_t num;     /* INT, BOOL, FIXED3 (thousandths); UINT as its bit pattern */
    enum log_kv_kind kind;
};

/* Values. A NULL string leaves its field out, so optional fields need no `if`. */
struct log_kv log_str(const char *key, const char *value);
struct log_kv log_bytes(const char *key, const void *value, size_t len);
/* Like log_bytes, with the larger cap: a whole payload, for the debug level. */
struct log_kv log_payload(const char *key, const void *value, size_t len);
struct log_kv log_int(const char *key, int64_t value);
struct log_kv log_uint(const char *key, uint64_t value);
struct log_kv log_bool(const char *key, bool value);
/* A number with three decimals, given in thousandths: log_milli("seconds", ms) */
struct log_kv log_milli(const char *key, int64_t thousandths);

/* A call site's own limiter; the macros below make one. */
struct log_site {
    int64_t period_start_ms;
    uint32_t lines, suppressed;
};

/* Where lines go and from which level on. `fd` is a descriptor that stays open (2 = stderr); lines longer
 * than what the descriptor takes at once are written in parts, a broken descriptor loses lines but never
 * stops the program. */
void log_init(int fd, enum log_level level, enum log_format format);
void log_set_level(enum log_level level);
/* A field added to every line, e.g. the worker's name. Copied, 64 bytes at most; NULL removes it. */
void log_set_worker(const char *name);
/* Registers a secret that no line shall ever show; see redact_add. */
bool log_redact_add(const char *secret);
/* Writes what is buffered. Call once a loop turn, and before exit; error lines flush by themselves. */
void log_flush(void);
/* Lines lost so far because the descriptor refused them. */
uint64_t log_lost_lines(void);
/* Replaces the clock (milliseconds since 1970), NULL restores the real one. For tests. */
void log_set_clock(int64_t (*now_ms)(void));

bool log_enabled(enum log_level level);
/* Use the macros. kv[0] is a placeholder, kv[1..count) are the fields; `site` is NULL for unlimited lines. */
void log_write(enum log_level level, struct log_site *site, const char *message, const struct log_kv *kv,
               size_t count);

/* "debug" "info" "warn" "error"; -1 for anything else. */
int log_level_parse(const char *name);
const char *log_level_name(enum log_level level);

#define LOG_NONE_                                                                                            \
    {                                                                                                        \
        .kind = LOG_KV_NONE                                                                                  \
    }
#define LOG_WRITE_(level, site, message, ...)                                                                \
    do {                                                                                                     \
        if (log_enabled(level)) {                                                                            \
            const struct log_kv log_fields_[] = {__VA_ARGS__};                                               \
            log_write(level, site, message, log_fields_, sizeof(log_fields_) / sizeof(log_fields_[0]));      \
        }                                                                                                    \
    } while (0)
#define LOG_LIMITED_(level, message, ...)                                                                    \
    do {                                                                                                     \
        static struct log_site log_site_;                                                                    \
        LOG_WRITE_(level, &log_site_, message, __VA_ARGS__);                                                 \
    } while (0)

#define log_debug(message, ...) LOG_WRITE_(LOG_AT_DEBUG, NULL, message, LOG_NONE_, ##__VA_ARGS__)
#define log_info(message, ...)  LOG_WRITE_(LOG_AT_INFO, NULL, message, LOG_NONE_, ##__VA_ARGS__)
#define log_warn(message, ...)  LOG_WRITE_(LOG_AT_WARN, NULL, message, LOG_NONE_, ##__VA_ARGS__)
#define log_error(message, ...) LOG_WRITE_(LOG_AT_ERROR, NULL, message, LOG_NONE_, ##__VA_ARGS__)
/* For trouble that repeats (a refused connection): a few lines a period from one place in the code, then a
 * count. */
#define log_warn_limited(message, ...)  LOG_LIMITED_(LOG_AT_WARN, message, LOG_NONE_, ##__VA_ARGS__)
#define log_error_limited(message, ...) LOG_LIMITED_(LOG_AT_ERROR, message, LOG_NONE_, ##__VA_ARGS__)

#endif
