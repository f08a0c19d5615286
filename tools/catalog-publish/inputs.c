#include "inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static bool add(struct inputs *inputs, const struct options *options, const char *path, bool csv, bool pipe)
{
    struct input_file *grown;

    if (inputs->count == INPUTS_MAX) {
        kit_complain(&options->cli, "more than %d files", INPUTS_MAX);
        return false;
    }
    grown = realloc(inputs->list, ((size_t)inputs->count + 1) * sizeof *grown);
    if (!grown)
        return false;
    inputs->list = grown;
    inputs->list[inputs->count] =
        (struct input_file){.path = strdup(path), .csv = csv, .pipe = pipe, .kept = -1};
    inputs->has_pipe = inputs->has_pipe || pipe;
    return inputs->list[inputs->count++].path != NULL;
}

static int wanted(const struct dirent *entry)
{
    const char *name = entry->d_name;

    return name[0] != '.' && (ends_with(name, ".jsonl") || ends_with(name, ".json") ||
                              ends_with(name, ".ndjson") || ends_with(name, ".csv"));
}

/* By bytes, whatever the locale: the same order everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_file(struct inputs *inputs, const struct options *options, const char *path,
                     const struct stat *st)
{
    bool csv =
        options->format == FORMAT_CSV || (options->format == FORMAT_BY_NAME && ends_with(path, ".csv"));

    inputs->bytes += (uint64_t)st->st_size;
    return add(inputs, options, path, csv, !S_ISREG(st->st_mode));
}

static bool add_folder(struct inputs *inputs, const struct options *options, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, wanted, by_name), before = inputs->count;
    bool ok = count >= 0;

    if (!ok)
        kit_complain(&options->cli, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        size_t size = strlen(folder) + strlen(entries[i]->d_name) + 2;
        char *path = malloc(size);
        struct stat st;

        if (path)
            snprintf(path, size, "%s/%s", folder, entries[i]->d_name);
        if (ok && path && stat(path, &st) == 0 && S_ISREG(st.st_mode))
            ok = add_file(inputs, options, path, &st);
        free(path);
        free(entries[i]);
    }
    free(entries);
    if (ok && inputs->count == before) {
        kit_complain(&options->cli, "%s: the folder holds no *.jsonl, *.json, *.ndjson or *.csv", folder);
        ok = false;
    }
    return ok;
}

bool inputs_find(struct inputs *inputs, const struct options *options)
{
    bool ok = true;

    memset(inputs, 0, sizeof *inputs);
    for (int i = 0; i < options->inputs_count && ok; i++) {
        const char *path = options->inputs[i];
        struct stat st;

        if (strcmp(path, "-") == 0) {
            ok = add(inputs, options, path, options->format == FORMAT_CSV, true);
        } else if (stat(path, &st) != 0) {
            kit_complain(&options->cli, "%s: %s", path, strerror(errno));
            ok = false;
        } else if (S_ISDIR(st.st_mode)) {
            ok = add_folder(inputs, options, path);
        } else {
            ok = add_file(inputs, options, path, &st);
        }
    }
    if (inputs->has_pipe)
        inputs->bytes = 0;
    return ok;
}

void inputs_free(struct inputs *inputs)
{
    for (int i = 0; i < inputs->count; i++) {
        if (inputs->list[i].kept >= 0)
            close(inputs->list[i].kept);
        free(inputs->list[i].path);
    }
    free(inputs->list);
    memset(inputs, 0, sizeof *inputs);
}
