/* Golden traces: the canonical stories of the core, each a text that people read and a test runs.
 *
 *   # a comment tells the story          ! settings of this story, before its first input
 *   > an input, fed to the core          < an output, expected in this order
 *
 * An input may begin with +N: N ms after the one before (1 ms where it says nothing). Words are names: what
 * is called `shoe` or `I-1` in the script is a hash in the core, and a name again in what it answers. Every
 * story begins with a store that is ready (epoch 1) and with partition p0 assigned, but for `! cold`.
 * tests/trace/README.md lists the words. */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "worker/core/core.h"

#include <stdarg.h>

enum {
    TRACE_WORDS_MAX = 24,
    TRACE_NAMES_MAX = 128,
    TRACE_OPS_MAX = 64,
    TRACE_NAME_BYTES = 32,
    TRACE_FILE_BYTES = 64 * 1024,
};

/* A line, cut at its blanks. Every word has to be used: one left over is a mistake in the script. */
struct words {
    const char *file;
    int line;
    uint32_t count, next;
    char *word[TRACE_WORDS_MAX];
    bool used[TRACE_WORDS_MAX];
};

/* Text that is written piece by piece; too much of it ends the program. */
struct text {
    uint32_t size_bytes;
    char bytes[2 * TRACE_FILE_BYTES];
};

/* What a story calls an op: the first word after `record`. */
struct trace_op {
    char name[TRACE_NAME_BYTES];
    struct op_id id;
};

struct trace {
    struct core *core; /* NULL until the first input; owned */
    struct core_settings settings;
    bool cold;
    usec_t now_us;
    uint64_t stale_replies;
    int64_t next_offset;
    uint32_t assignment, ops_count;
    struct trace_op ops[TRACE_OPS_MAX];
    struct outputs out;
};

/* Ends the program with status 2: a script that cannot be understood, told by file and line. */
_Noreturn void trace_fail(const struct words *words, const char *what, const char *which);

/* Cuts the line (changed in place, must outlive words). */
void words_cut(struct words *words, const char *file, int line, char *text);
/* The next word in order; its lack is an error that names what was expected. */
const char *words_take(struct words *words, const char *what);
/* True where the flag is among the words that are left. */
bool words_flag(struct words *words, const char *flag);
/* The value of key=value, or NULL. */
const char *words_value(struct words *words, const char *key);
/* The number of key=N, or otherwise where the key is missing. */
int64_t words_number(struct words *words, const char *key, int64_t otherwise);
/* A whole number of at most 15 digits, at the front a minus at most; anything else is an error. */
int64_t words_parse(const struct words *words, const char *digits);
/* Index of the word in a list of count names; a word that is not there is an error. */
uint32_t words_choice(const struct words *words, const char *word, const char *const *names, uint32_t count);
/* Fails where a word was not used. */
void words_end(const struct words *words);

/* A number for a name, from 1; the same name has the same number. 0 is "none". */
uint64_t name_number(const struct words *words, const char *name);
/* The key of a name, as the core knows it. */
struct key128 name_key(const struct words *words, const char *name);
/* The name of a key, or "-" where it has none. */
const char *name_of(struct key128 key);

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets the settings before the first word, and takes the words of a line that begins with `!`. */
void settings_begin(struct trace *trace);
void settings_take(struct trace *trace, struct words *words);

/* Reads a line into an input (not `wait`, which is no input but the next deadline). */
void input_read(struct trace *trace, struct words *words, struct input *in);
/* The op of that name that was taken last; none is an error of the script. */
struct op_id trace_op_id(const struct trace *trace, const struct words *words, const char *name);
/* What the story calls the op. */
const char *trace_op_name(const struct trace *trace, struct op_id id);

/* Writes the outputs of one step as lines. */
void outputs_show(const struct trace *trace, struct text *text);

/* Feeds the words of an input line (without `>`) to the core, and appends what it puts out. */
void trace_feed(struct trace *trace, struct words *words, struct text *text);
/* Frees the core. */
void trace_end(struct trace *trace);

#endif
