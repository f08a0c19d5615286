#include "choose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAID_MAX = 10 };

static bool add(struct choice_list *list, const char *name, size_t len)
{
    if (list->count % 1024 == 0) {
        char **grown;

        if (list->count >= CHOICES_MAX)
            return false;
        grown = realloc(list->names, (list->count + 1024) * sizeof *grown);
        if (!grown)
            return false;
        list->names = grown;
    }
    list->names[list->count] = strndup(name, len);
    return list->names[list->count] && ++list->count;
}

/* "A,B,C" */
static bool add_all(struct choice_list *list, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, ",");

        if (len > 0 && !add(list, text, len))
            return false;
        text += len + (text[len] == ',');
    }
    return true;
}

/* One a line; blanks around it, empty lines and lines that begin with # are passed over. */
static bool add_file(struct choice_list *list, const struct options *options, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[CHOICE_MAX_BYTES + 2];
    bool ok = file != NULL;

    while (ok && fgets(line, sizeof line, file)) {
        const char *text = line + strspn(line, " \t\r\n");
        size_t len = strlen(text);

        if (strlen(line) == sizeof line - 1 && line[sizeof line - 2] != '\n') {
            kit_complain(&options->cli, "%s: a line is longer than %d bytes", path, CHOICE_MAX_BYTES);
            fclose(file);
            return false;
        }
        while (len > 0 && strchr(" \t\r\n", text[len - 1]))
            len--;
        ok = len == 0 || text[0] == '#' || add(list, text, len);
    }
    if (!ok)
        kit_complain(&options->cli, "%s: %s", path,
                     file ? "more ids than this program takes" : strerror(errno));
    if (file)
        fclose(file);
    return ok;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool finish(struct choice_list *list)
{
    size_t kept = 0;

    if (list->count == 0)
        return true;
    qsort(list->names, list->count, sizeof *list->names, by_text);
    for (size_t i = 0; i < list->count; i++) {
        if (kept > 0 && strcmp(list->names[kept - 1], list->names[i]) == 0)
            free(list->names[i]);
        else
            list->names[kept++] = list->names[i];
    }
    list->count = kept;
    list->found = calloc(kept, sizeof *list->found);
    return list->found != NULL;
}

bool choice_read(struct choice *choice, const struct options *options)
{
    bool ok = true;

    memset(choice, 0, sizeof *choice);
    choice->all =
        options->skus_count + options->products_count == 0 && !options->ids_file && !options->skus_file;
    for (int i = 0; i < options->skus_count && ok; i++)
        ok = add_all(&choice->skus, options->skus[i]);
    for (int i = 0; i < options->products_count && ok; i++)
        ok = add_all(&choice->products, options->products[i]);
    if (!ok)
        kit_complain(&options->cli, "more ids than this program takes");
    ok = ok && (!options->ids_file || add_file(&choice->products, options, options->ids_file)) &&
         (!options->skus_file || add_file(&choice->skus, options, options->skus_file)) &&
         finish(&choice->skus) && finish(&choice->products);
    if (ok && !choice->all && choice->skus.count + choice->products.count == 0) {
        kit_complain(&options->cli,
                     "no id was chosen: the lists and files of --only-... and --...-from are empty");
        ok = false;
    }
    return ok;
}

static void free_list(struct choice_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    free(list->found);
}

void choice_free(struct choice *choice)
{
    free_list(&choice->products);
    free_list(&choice->skus);
    memset(choice, 0, sizeof *choice);
}

static bool has(const struct choice_list *list, const char *name)
{
    char **at;

    if (!name || list->count == 0)
        return false;
    at = bsearch(&name, list->names, list->count, sizeof *list->names, by_text);
    if (at)
        list->found[at - list->names] = true;
    return at != NULL;
}

bool choice_has(struct choice *choice, const char *product_id, const char *sku)
{
    bool by_product = has(&choice->products, product_id), by_sku = has(&choice->skus, sku);

    return choice->all || by_product || by_sku;
}

static size_t say_missing(const struct choice_list *list, const struct options *options, const char *what)
{
    size_t missing = 0;

    for (size_t i = 0; i < list->count; i++)
        if (!list->found[i] && missing++ < SAID_MAX)
            kit_complain(&options->cli, "%s %s was chosen, but no row has it", what, list->names[i]);
    if (missing > SAID_MAX)
        kit_complain(&options->cli, "and %zu more", missing - SAID_MAX);
    return missing;
}

size_t choice_missing(const struct choice *choice, const struct options *options)
{
    return say_missing(&choice->products, options, "product") + say_missing(&choice->skus, options, "SKU");
}
