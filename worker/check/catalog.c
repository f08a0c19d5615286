/* One catalog: its credentials, its API version, its budget, the API's clock. Two reads. */
#include "tools/kit/api.h"
#include "worker/check/check.h"
#include "worker/check/judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUDGET_WARN_PERCENT = 80,
    DATE_GRAIN_MS = 1000, /* HTTP dates are whole seconds, cut off */
};

/* A retailer id that no shop has: the lookup's answer is an empty list. */
static const char nobody[] = "catalog-sync-check-no-such-item";

/* The classification table speaks of what the worker does; here somebody waits for what to do. */
static const char *mend_of(const struct api_verdict *verdict)
{
    switch (verdict->row) {
    case CLASSIFY_ROW_CONNECT_FAILED:
        return "look at catalog.base.url, DNS, the proxy (https_proxy) and the firewall or network policy";
    case CLASSIFY_ROW_TIMED_OUT:
    case CLASSIFY_ROW_CONNECTION_LOST: return "look at what stands between: proxy, firewall, service mesh";
    default: break;
    }
    if (verdict->class == API_NOT_FOUND)
        return "look at catalog.id, and give the token's system user access to that catalog";
    if (verdict->class == API_TRANSIENT)
        return "ask again in a while; see Meta's status page";
    return classify_rule(verdict->row)->mend;
}

static bool say_verdict(struct check_report *report, const char *id, const char *name,
                        const struct api_verdict *verdict, const char *done)
{
    bool limited = verdict->class == API_THROTTLE;

    if (verdict->class == API_OK) {
        check_say(report, CHECK_OK, id, name, NULL, "%s", done);
        return true;
    }
    check_say(report, limited ? CHECK_WARN : CHECK_FAIL, id, name, mend_of(verdict), "%s%s%s%s",
              classify_rule(verdict->row)->words, verdict->message[0] ? " (" : "", verdict->message,
              verdict->message[0] ? ")" : "");
    return false;
}

/* An expired version is served silently by the oldest one still alive (catalog-api.md section 0). */
static void look_at_version(const struct config_catalog *catalog, const struct kit_api_seen *seen,
                            struct check_report *report)
{
    char mend[CHECK_TEXT_SIZE];

    if (!seen->version[0]) {
        check_say(report, CHECK_UNKNOWN, "catalog.version", catalog->name,
                  "see that catalog.base.url is the API itself, or a proxy that passes its headers on",
                  "the answer does not say which version of the API made it (facebook-api-version)");
    } else if (strcmp(seen->version, catalog->api_version) == 0) {
        check_say(report, CHECK_OK, "catalog.version", catalog->name, NULL, "%s, as configured",
                  seen->version);
    } else {
        snprintf(mend, sizeof mend, "set %s%s%sapi.version to a living one, and read its change log",
                 strcmp(catalog->name, "default") == 0 ? "catalog." : "catalogs.",
                 strcmp(catalog->name, "default") == 0 ? "" : catalog->name,
                 strcmp(catalog->name, "default") == 0 ? "" : ".");
        check_say(report, CHECK_FAIL, "catalog.version", catalog->name, mend,
                  "%s was asked for and %s answered: the configured version has expired",
                  catalog->api_version, seen->version);
    }
}

static void look_at_clock(const struct check *check, const struct config_catalog *catalog,
                          const struct kit_api_seen *seen, struct check_report *report)
{
    int64_t way_ms = seen->answered_ms - seen->asked_ms;

    if (seen->date_ms > 0)
        judge_clock(report, "catalog.clock", catalog->name, "the API",
                    seen->asked_ms + way_ms / 2 - (seen->date_ms + DATE_GRAIN_MS / 2),
                    way_ms / 2 + DATE_GRAIN_MS / 2, check->config->version_future_max_ms);
    else
        check_say(report, CHECK_UNKNOWN, "catalog.clock", catalog->name,
                  "see that what stands between passes the Date header on",
                  "the answer does not say its time");
}

static void look_at_budget(const struct config_catalog *catalog, const struct api_verdict *verdict,
                           struct check_report *report)
{
    int used = verdict->usage.business_percent > verdict->usage.app_percent ? verdict->usage.business_percent
                                                                            : verdict->usage.app_percent;

    if (used >= BUDGET_WARN_PERCENT)
        check_say(
            report, CHECK_WARN, "catalog.budget", catalog->name,
            "find out who else calls with this token or app, and lower catalog.rate.per.hour by that much",
            "%d %% of the call limit are used already", used);
    else if (catalog->rate_per_hour == 0)
        check_say(report, CHECK_WARN, "catalog.budget", catalog->name,
                  "set catalog.rate.per.hour (20000 is what Meta grants at least)",
                  "catalog.rate.per.hour is 0: calls are not paced, and the API will throttle");
    else
        check_say(report, CHECK_OK, "catalog.budget", catalog->name, NULL,
                  "%" PRId64 " calls an hour, and %d %% of the API's limit used", catalog->rate_per_hour,
                  used);
}

static void on_item(void *arg, const char *id, const char *retailer_id)
{
    (void)arg;
    (void)id;
    (void)retailer_id;
}

void check_catalog(const struct check *check, const struct config_catalog *catalog,
                   struct check_report *report)
{
    char error[KIT_API_ERROR_SIZE] = "no memory";
    struct kit_api *api = kit_api_open(check->config, catalog, error);
    const struct text sku = {nobody, sizeof nobody - 1};
    struct api_verdict verdict;
    const char *body;
    size_t size;

    if (!api) {
        check_say(report, CHECK_FAIL, "catalog.read", catalog->name, "put a token into the file", "%s",
                  error);
        return;
    }
    kit_api_read_catalog(api, &verdict, &body, &size);
    if (say_verdict(report, "catalog.read", catalog->name, &verdict, "the token may see the catalog")) {
        look_at_version(catalog, kit_api_seen(api), report);
        kit_api_lookup(api, &sku, 1, on_item, NULL, &verdict);
        say_verdict(report, "catalog.lookup", catalog->name, &verdict, "the token may look at its items");
        look_at_budget(catalog, &verdict, report);
    }
    if (kit_api_seen(api)->date_ms > 0 || verdict.class == API_OK)
        look_at_clock(check, catalog, kit_api_seen(api), report);
    kit_api_close(api);
}
