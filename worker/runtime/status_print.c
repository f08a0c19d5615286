#include "worker/runtime/status_print.h"

#include "common/jsonscan.h"

#include <string.h>

enum { STATUS_DEPTH_MAX = 8 };

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
    const char *found = cJSON_GetStringValue(get(object, name));

    return found ? found : "";
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *found = get(object, name);

    return cJSON_IsNumber(found) ? found->valuedouble : 0;
}

static void print_end(const cJSON *of, FILE *out)
{
    if (text(of, "until")[0])
        fprintf(out, ", until %s (in %.0f s)", text(of, "until"), number(of, "ends_in_ms") / 1000);
}

static void print_why(const cJSON *why, FILE *out)
{
    fprintf(out, "%s: %s\n  since %s (%.0f s)", text(why, "reason"), text(why, "words"), text(why, "since"),
            number(why, "for_ms") / 1000);
    print_end(why, out);
    if (text(why, "catalog")[0])
        fprintf(out, ", catalog %s", text(why, "catalog"));
    if (text(why, "topic")[0])
        fprintf(out, ", oldest record of %s/%.0f", text(why, "topic"), number(why, "partition"));
    fputc('\n', out);
}

static void print_catalog(const cJSON *catalog, FILE *out)
{
    fprintf(out, "catalog %s: %s; %.0f wait for a claim, %.0f ready to call, %.0f calls in flight",
            text(catalog, "name"), text(catalog, "state"), number(catalog, "waiting_claim"),
            number(catalog, "ready_to_call"), number(catalog, "calling"));
    if (get(catalog, "next_try_in_ms"))
        fprintf(out, "; next try in %.0f s", number(catalog, "next_try_in_ms") / 1000);
    if (get(catalog, "rate_per_hour"))
        fprintf(out, "; %.0f calls an hour, %.0f in hand", number(catalog, "rate_per_hour"),
                number(catalog, "budget_tokens"));
    if (number(catalog, "budget_wait_ms") > 0)
        fprintf(out, ", the next in %.1f s", number(catalog, "budget_wait_ms") / 1000);
    fputc('\n', out);
}

static void print_oldest(const cJSON *oldest, FILE *out)
{
    fprintf(out, "  oldest: offset %.0f", number(oldest, "offset"));
    if (text(oldest, "product_id")[0])
        fprintf(out, ", product %s", text(oldest, "product_id"));
    fprintf(out, ", here for %.0f s, %s, waits for %s", number(oldest, "age_ms") / 1000,
            text(oldest, "state"), text(oldest, "waits_for"));
    print_end(oldest, out);
    fputc('\n', out);
}

static void print_partition(const cJSON *part, FILE *out)
{
    fprintf(out, "partition %s/%.0f: ", text(part, "topic"), number(part, "partition"));
    if (cJSON_IsNumber(get(part, "lag")))
        fprintf(out, "lag %.0f", number(part, "lag"));
    else
        fputs("lag unknown", out);
    fprintf(out, ", %.0f open%s%s%s\n", number(part, "open"),
            text(part, "window_full")[0] ? ", reading stopped: window full (" : "", text(part, "window_full"),
            text(part, "window_full")[0] ? ")" : "");
    if (cJSON_IsObject(get(part, "oldest")))
        print_oldest(get(part, "oldest"), out);
}

bool status_print(const char *json, size_t len, FILE *out)
{
    struct jsontree tree;
    struct jsonscan scan;
    const cJSON *item;
    bool ok;

    jsontree_init(&tree);
    ok = jsonscan_tree(json, len, STATUS_DEPTH_MAX, NULL, &tree, &scan) && get(tree.root, "why");
    if (ok) {
        fprintf(out, "%s, catalog-worker %s, %s\n", text(tree.root, "worker"), text(tree.root, "version"),
                cJSON_IsTrue(get(tree.root, "ready")) ? "ready" : "not ready");
        print_why(get(tree.root, "why"), out);
        cJSON_ArrayForEach(item, get(tree.root, "catalogs")) print_catalog(item, out);
        cJSON_ArrayForEach(item, get(tree.root, "partitions")) print_partition(item, out);
    } else {
        fputs("what answers at admin.listen is no catalog-worker of this version\n", stderr);
    }
    jsontree_free(&tree);
    return ok;
}
