/* catalog-trace: runs stories (tests/trace/stories) against the core and compares, or rewrites with --update
 * what they expect. Exit: 0 all as told, 1 a story went otherwise, 2 a script or a file that cannot be used.
 */
#include "tests/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char original[TRACE_FILE_BYTES], copy[TRACE_FILE_BYTES];
static struct text told;
static struct trace trace;

static _Noreturn void file_fails(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(2);
}

static void file_read(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t size_bytes;

    if (!file)
        file_fails(path, "cannot be opened for reading");
    size_bytes = fread(original, 1, sizeof original - 1, file);
    if (ferror(file) || !feof(file))
        file_fails(path, "cannot be read, or is larger than a story may be (64 KiB)");
    original[size_bytes] = '\0';
    fclose(file);
}

static void file_write(const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file)
        file_fails(path, "cannot be opened for writing");
    if (fwrite(told.bytes, 1, told.size_bytes, file) != told.size_bytes || fclose(file) != 0)
        file_fails(path, "cannot be written");
}

/* Tells the story anew: every line as it is, but for what the core is said to put out. */
static void tell(const char *path)
{
    char *rest = copy, *line;
    struct words words;

    memcpy(copy, original, sizeof copy);
    told.size_bytes = 0;
    told.bytes[0] = '\0';
    settings_begin(&trace);
    for (int number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
        char kind = line[0];

        if (!rest && kind == '\0')
            break; /* what follows the last line's end */
        if (kind == '<')
            continue;
        text_add(&told, "%s\n", line);
        if (kind == '\0' || kind == '#')
            continue;
        words_cut(&words, path, number, line + 1);
        if (kind == '!')
            settings_take(&trace, &words);
        else if (kind == '>')
            trace_feed(&trace, &words, &told);
        else
            trace_fail(&words, "a line begins with one of # ! > <, not with", line);
    }
    trace_end(&trace);
}

/* The lines of text up to where the two may go on together. */
static char *line_cut(char **rest)
{
    return *rest ? strsep(rest, "\n") : NULL;
}

/* Prints both tellings from a little before the first difference to the end of that input. */
static void differ(const char *path)
{
    char *expected = original, *got = told.bytes, *a, *b, *input = NULL;

    for (int number = 1;; number++) {
        a = line_cut(&expected);
        b = line_cut(&got);
        if (!a || !b || strcmp(a, b) != 0) {
            printf("%s:%d: the core does not do what the story says, after\n  %s\n", path, number,
                   input ? input : "(no input)");
            break;
        }
        if (a[0] == '>')
            input = a;
    }
    for (; a && a[0] == '<'; a = line_cut(&expected))
        printf("- %s\n", a);
    for (; b && b[0] == '<'; b = line_cut(&got))
        printf("+ %s\n", b);
    printf("(- as told, + as it was; if the core is right: catalog-trace --update %s)\n", path);
}

int main(int argc, char **argv)
{
    bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
    int first = update ? 2 : 1, failed = 0;

    if (argc <= first || argv[first][0] == '-') {
        fprintf(stderr, "usage: catalog-trace [--update] STORY.trace...\n");
        return 2;
    }
    for (int i = first; i < argc; i++) {
        file_read(argv[i]);
        tell(argv[i]);
        if (strcmp(original, told.bytes) == 0)
            continue;
        if (update) {
            file_write(argv[i]);
            printf("%s: rewritten\n", argv[i]);
            continue;
        }
        differ(argv[i]);
        failed = 1;
    }
    return failed;
}
