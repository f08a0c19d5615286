#include "knobs.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum knob_type { KNOB_WHOLE, KNOB_NUMBER, KNOB_SWITCH, KNOB_CHOICE, KNOB_TEXT };

struct knob {
    const char *name;
    enum knob_type type;
    size_t offset;
    const char *by_default;
    double min, max;
    const char *choices; /* separated by '|'; the value is the index, or the number itself if the choices are
                            numbers */
    bool at_start_only;
    const char *help;
};

#define AT(m) offsetof(struct knobs, m)
#define WHOLE(n, m, d, lo, hi, h)                                                                            \
    {                                                                                                        \
        n, KNOB_WHOLE, AT(m), d, lo, hi, NULL, false, h                                                      \
    }
#define START(n, m, d, lo, hi, h)                                                                            \
    {                                                                                                        \
        n, KNOB_WHOLE, AT(m), d, lo, hi, NULL, true, h                                                       \
    }
#define NUMBER(n, m, d, lo, hi, h)                                                                           \
    {                                                                                                        \
        n, KNOB_NUMBER, AT(m), d, lo, hi, NULL, false, h                                                     \
    }
#define PERCENT(n, m, d, h)                                                                                  \
    {                                                                                                        \
        n, KNOB_NUMBER, AT(m), d, 0, 100, NULL, false, h                                                     \
    }
#define SWITCH(n, m, d, h)                                                                                   \
    {                                                                                                        \
        n, KNOB_SWITCH, AT(m), d, 0, 1, NULL, false, h                                                       \
    }
#define CHOICE(n, m, d, c, h)                                                                                \
    {                                                                                                        \
        n, KNOB_CHOICE, AT(m), d, 0, 0, c, false, h                                                          \
    }
#define DAY_MS 86400000.0

static const struct knob knobs[] = {
    WHOLE("seed", seed, "1", 0, 9007199254740992.0, "what all chance is drawn from"),
    NUMBER("latency.ms", latency_ms, "0", 0, DAY_MS, "mean time to an answer"),
    CHOICE("latency.kind", latency_kind, "fixed", "fixed|uniform|exp|lognormal",
           "its distribution around the mean"),
    NUMBER("latency.max.ms", latency_max_ms, "60000", 0, DAY_MS, "no drawn latency is longer"),
    PERCENT("latency.apply.at.percent", latency_apply_at_percent, "50",
            "a write lands after this share of its latency (100: right with the answer)"),
    PERCENT("faults.percent", faults_percent, "0",
            "so many percent of calls meet one of the transient faults marked * below"),
    PERCENT("fault.after.commit.percent", fault_after_commit_percent, "0",
            "so many percent of 5xx and garbled answers come after the write was applied"),
    WHOLE("call.late.max.ms", call_late_max_ms, "60000", 1, DAY_MS,
          "late calls land within this time of being received; overlaps beyond it are counted apart"),
    WHOLE("late.min.ms", late_min_ms, "0", 0, DAY_MS, "late calls land no earlier than this"),
    PERCENT(
        "late.beyond.percent", late_beyond_percent, "0",
        "so many percent of late calls break the rule: they land after one to two times call.late.max.ms"),
    CHOICE("late.answer", late_answer, "reset", "reset|hang|http500", "what the client of a late call sees"),
    WHOLE("hang.ms", hang_ms, "120000", 1, DAY_MS, "unanswered connections are closed after this"),
    WHOLE("slow.body.ms", slow_body_ms, "2000", 1, DAY_MS, "how long a slow body takes"),
    SWITCH("down", down, "false", "every API call's connection is reset at once, nothing is applied"),
    CHOICE("proof", proof, "off", "off|verify|require",
           "appsecret_proof: ignored, verified if present, required"),
    CHOICE("error.190.status", error_190_status, "400", "400|401", "HTTP status of code 190"),
    WHOLE("error.190.subcode", error_190_subcode, "463", 0, 999999, "subcode of code 190 (0: none)"),
    CHOICE("error.throttle.status", error_throttle_status, "400", "400|403", "HTTP status of throttle codes"),
    CHOICE("error.368.status", error_368_status, "400", "400|403", "HTTP status of code 368"),
    CHOICE("error.permission.status", error_permission_status, "403", "400|403",
           "HTTP status of codes 10 and 200"),
    WHOLE("token.expire.after.calls", token_expire_after_calls, "0", 0, 1e15,
          "a token expires after so many calls (0: never)"),
    WHOLE("version.oldest.live", version_oldest_live, "21", 1, 99,
          "older and unversioned paths are served by this one"),
    WHOLE("version.newest", version_newest, "26", 1, 99, "newer versions do not exist"),
    WHOLE("version.upsert.from", version_upsert_from, "24", 1, 99,
          "allow_upsert exists from this version on"),
    CHOICE("duplicate.error_data", duplicate_error_data, "always", "always|never|random",
           "code 10800 carries product_item_id in error_data"),
    CHOICE("error_data.shape", error_data_shape, "object", "object|string|random",
           "error_data as an object or as a JSON string"),
    SWITCH("success.extra", success_extra, "false",
           "created items are answered with \"success\":true beside the id"),
    CHOICE("not_found.shape", not_found_shape, "33", "33|13|803|33old|retailer",
           "how an unknown item id is refused: 100/33, 100/13, 803, code 33, or the retailer id text"),
    CHOICE("bad.filter.code", bad_filter_code, "100", "100|2500", "code for a filter that cannot be read"),
    CHOICE("image.error.text", image_error_text, "uploaded_image_id", "uploaded_image_id|image_url|file",
           "which of the known texts code 10801 has"),
    SWITCH("strict.commerce", strict_commerce, "false",
           "items without description, url or brand are refused"),
    SWITCH("catalog.address.delete", catalog_address_delete, "false", "DELETE catalog:ID:BASE64 works"),
    WHOLE("retailer_id.max.length", retailer_id_max_length, "100", 1, 255,
          "longest retailer id, in characters"),
    CHOICE("price.zero.decimal", price_zero_decimal, "offset", "offset|cents",
           "currencies without cents: the integer is the amount, or the amount times 100 as for all others"),
    WHOLE("lookup.lag.ms", lookup_lag_ms, "0", 0, DAY_MS,
          "items appear in (and leave) the filter edge this much later"),
    CHOICE("lookup.lag.kind", lookup_lag_kind, "fixed", "fixed|random", "the lag, or a random part of it"),
    WHOLE("lookup.limit.default", lookup_limit_default, "25", 1, 5000, "page size if the call has no limit"),
    WHOLE("lookup.limit.max", lookup_limit_max, "0", 0, 1e6,
          "a larger limit is answered HTTP 500 code 1, please reduce (0: no bound)"),
    WHOLE("lookup.response.max.bytes", lookup_response_max_bytes, "0", 0, 1e9,
          "likewise for the size of the answer"),
    WHOLE("image.fetch.ms", image_fetch_ms, "0", 0, DAY_MS, "image_fetch_status is NO_STATUS until then"),
    PERCENT("image.fail.percent", image_fail_percent, "0", "so many percent of images become FETCH_FAILED"),
    WHOLE("review.ms", review_ms, "0", 0, DAY_MS, "review_status is pending until then"),
    PERCENT("review.reject.percent", review_reject_percent, "0", "so many percent of items become rejected"),
    WHOLE("limit.management.per.hour", limit_management_per_hour, "0", 0, 1e9,
          "calls a catalog and window before code 80009; documented floor 20000 (0: no limit)"),
    WHOLE("limit.app.per.hour", limit_app_per_hour, "0", 0, 1e9,
          "calls in all and window before limit.app.code"),
    CHOICE("limit.app.code", limit_app_code, "4", "4|613", "code of the app limit"),
    WHOLE("limit.token.per.hour", limit_token_per_hour, "0", 0, 1e9,
          "calls a token and window before code 17"),
    WHOLE("limit.window.ms", limit_window_ms, "3600000", 60, DAY_MS, "the rolling window of these limits"),
    WHOLE("limit.block.ms", limit_block_ms, "0", 0, DAY_MS,
          "least time blocked after an excess; each call made meanwhile starts it anew"),
    WHOLE("throttle.regain.minutes", throttle_regain_minutes, "1", 0, 1440,
          "estimated_time_to_regain_access with an injected 80009"),
    NUMBER("usage.header.from.percent", usage_header_from_percent, "75", 0, 1000,
           "usage headers are sent from here up"),
    NUMBER("usage.header.force.percent", usage_header_force_percent, "-1", -1, 1000,
           "if not negative: usage headers on every answer, with this value"),
    WHOLE("usage.header.extra.ids", usage_header_extra_ids, "0", 0, 31,
          "further ids of low usage in the same header"),
    {"usage.header.type", KNOB_TEXT, AT(usage_header_type), "catalog_management", 0, 0, NULL, false,
     "the type named in the usage header"},
    CHOICE("usage.header.case", usage_header_case, "lower", "lower|mixed",
           "case of the usage headers' names"),
    NUMBER("batch.latency.ms", batch_latency_ms, "100", 0, DAY_MS,
           "mean time from an items_batch to its end; Meta says about 120000"),
    CHOICE("batch.latency.kind", batch_latency_kind, "fixed", "fixed|uniform|exp|lognormal",
           "its distribution around the mean"),
    WHOLE("batch.requests.max", batch_requests_max, "5000", 1, 1e6, "most entries of an items_batch"),
    WHOLE("batch.body.max.bytes", batch_body_max_bytes, "29360128", 64, 67108864.0,
          "a larger items_batch is answered HTTP 500 code 1, please reduce"),
    CHOICE("batch.duplicate.wins", batch_duplicate_wins, "first", "first|last|none|both",
           "which entries of one retailer id in one items_batch are carried out"),
    CHOICE("batch.create.existing", batch_create_existing, "update", "update|error",
           "what a bulk CREATE of a known retailer id does"),
    CHOICE("batch.delete.unknown", batch_delete_unknown, "ok", "ok|error",
           "what a bulk DELETE of an unknown retailer id is"),
    CHOICE("batch.missing.required", batch_missing_required, "error", "error|warning",
           "where the status names the fields that a refused new item lacks; both count as errors"),
    PERCENT("batch.entry.fail.percent", batch_entry_fail_percent, "0",
            "so many percent of valid entries are refused when they are carried out"),
    PERCENT("batch.error.percent", batch_error_percent, "0",
            "so many percent of batches end as Error, a part of them carried out"),
    PERCENT("batch.cancel.percent", batch_cancel_percent, "0", "likewise as Canceled"),
    SWITCH("batch.validation.always", batch_validation_always, "true",
           "validation_status is there when it is empty, too"),
    WHOLE("batch.handle.ttl.ms", batch_handle_ttl_ms, "3600000", 1, DAY_MS,
          "handles are forgotten after this"),
    CHOICE("batch.handle.unknown", batch_handle_unknown, "error", "error|empty",
           "the status of an unknown handle: code 100, or data:[]"),
    CHOICE("batch.status.case", batch_status_case, "capital", "capital|lower", "Finished or finished"),
    WHOLE("batch.status.empty.ms", batch_status_empty_ms, "0", 0, DAY_MS, "the status is data:[] until then"),
    WHOLE("batch.status.samples.max", batch_status_samples_max, "10", 0, 1e6,
          "a status shows so many errors and so many warnings; the totals count all"),
    SWITCH("batch.status.validation", batch_status_validation, "true",
           "what validation_status told is in the status as well"),
    WHOLE("limit.batch.per.minute", limit_batch_per_minute, "0", 0, 1e9,
          "items_batch calls a catalog and batch window before code 80014; documented floor 8 (0: no limit)"),
    WHOLE("limit.batch.window.ms", limit_batch_window_ms, "60000", 60, DAY_MS,
          "the rolling window of that limit"),
    {"usage.header.batch.type", KNOB_TEXT, AT(usage_header_batch_type), "catalog_batch", 0, 0, NULL, false,
     "the type named in the usage header of items_batch"},
    WHOLE("items.max", items_max, "2000000", 1, 1e8,
          "creates beyond so many items (deleted ones included) fail"),
    WHOLE("url.max.bytes", url_max_bytes, "8192", 64, 65536, "longer URLs are answered HTTP 414"),
    WHOLE("body.max.bytes", body_max_bytes, "1048576", 64, 67108864.0, "larger bodies are answered HTTP 413"),
    START("connections.max", connections_max, "4096", 1, 65000, "open connections (at start only)"),
    START("header.max.bytes", header_max_bytes, "20480", 16384, 1048576,
          "memory of a connection (at start only)"),
    START("keepalive.timeout.ms", keepalive_timeout_ms, "75000", 1000, DAY_MS,
          "idle connections are closed after this (at start only)"),
    START("journal.size", journal_size, "200000", 16, 1e7, "calls the journal remembers (at start only)"),
};

#define KNOB_COUNT (sizeof knobs / sizeof knobs[0])

/* Value of a choice: a number if the word is one (400|401), else its place in the list. -1: not one of them.
 */
static int64_t choice_value(const char *choices, const char *word)
{
    size_t len = strlen(word);
    int64_t index = 0;
    for (const char *at = choices;; index++) {
        size_t n = strcspn(at, "|");
        if (n == len && memcmp(at, word, n) == 0) {
            char *end;
            long number = strtol(word, &end, 10);
            bool all_numbers = choices[strspn(choices, "0123456789|")] == '\0';
            return all_numbers && *end == '\0' ? number : index;
        }
        if (at[n] == '\0')
            return -1;
        at += n + 1;
    }
}

/* The word of a choice's value. */
static void choice_word(const char *choices, int64_t value, struct text *out)
{
    const char *at = choices;
    for (;;) {
        size_t n = strcspn(at, "|");
        char word[32] = {0};
        memcpy(word, at, n < sizeof word ? n : sizeof word - 1);
        if (choice_value(choices, word) == value || at[n] == '\0') {
            text_json(out, word);
            return;
        }
        at += n + 1;
    }
}

static bool parse_number(const char *value, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(value, &end);
    return value[0] != '\0' && end[strspn(end, " ")] == '\0' && errno == 0 && isfinite(*out);
}

static bool set_fault(struct knobs *k, const char *name, const char *value, char *why, size_t why_size)
{
    for (int i = 1; i < FAULT_DRAWN; i++) {
        const char *fault = fault_defs[i].name;
        size_t n = strlen(fault);
        if (strncmp(name + 6, fault, n) != 0 || strcmp(name + 6 + n, ".percent") != 0)
            continue;
        double v;
        if (!parse_number(value, &v) || v < 0 || v > 100) {
            snprintf(why, why_size, "%s must be a number from 0 to 100, not '%.60s'", name, value);
            return false;
        }
        k->fault_percent[i] = v;
        return true;
    }
    snprintf(why, why_size, "unknown setting '%.60s' (catalog-sim --help lists all)", name);
    return false;
}

static bool set_number(struct knobs *k, const struct knob *knob, const char *value, char *why,
                       size_t why_size)
{
    double v;
    bool whole = knob->type == KNOB_WHOLE;
    if (!parse_number(value, &v) || v < knob->min || v > knob->max || (whole && v != floor(v))) {
        snprintf(why, why_size, "%s must be a %snumber from %.0f to %.0f, not '%.60s'", knob->name,
                 whole ? "whole " : "", knob->min, knob->max, value);
        return false;
    }
    if (whole)
        *(int64_t *)(void *)((char *)k + knob->offset) = (int64_t)v;
    else
        *(double *)(void *)((char *)k + knob->offset) = v;
    return true;
}

static bool set_known(struct knobs *k, const struct knob *knob, const char *value, char *why, size_t why_size)
{
    int64_t *whole = (int64_t *)(void *)((char *)k + knob->offset);
    if (knob->type == KNOB_WHOLE || knob->type == KNOB_NUMBER)
        return set_number(k, knob, value, why, why_size);
    if (knob->type == KNOB_SWITCH) {
        bool yes = strcmp(value, "true") == 0, no = strcmp(value, "false") == 0;
        if (!yes && !no)
            snprintf(why, why_size, "%s must be true or false, not '%.60s'", knob->name, value);
        else
            *whole = yes;
        return yes || no;
    }
    if (knob->type == KNOB_CHOICE) {
        int64_t v = choice_value(knob->choices, value);
        if (v < 0)
            snprintf(why, why_size, "%s must be one of %s, not '%.60s'", knob->name, knob->choices, value);
        else
            *whole = v;
        return v >= 0;
    }
    if (strlen(value) >= KNOB_TEXT_SIZE || value[strcspn(value, "\"\\\r\n")] != '\0') {
        snprintf(why, why_size, "%s must be at most %d characters without quotes", knob->name,
                 KNOB_TEXT_SIZE - 1);
        return false;
    }
    snprintf((char *)k + knob->offset, KNOB_TEXT_SIZE, "%s", value);
    return true;
}

bool knobs_set(struct knobs *k, const char *name, const char *value, bool running, char *why, size_t why_size)
{
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        if (strcmp(knobs[i].name, name) != 0)
            continue;
        struct knobs changed = *k;
        if (!set_known(&changed, &knobs[i], value, why, why_size))
            return false;
        if (running && knobs[i].at_start_only && memcmp(&changed, k, sizeof changed) != 0) {
            snprintf(why, why_size, "%s can only be set at start", name);
            return false;
        }
        *k = changed;
        return true;
    }
    if (strncmp(name, "fault.", 6) == 0)
        return set_fault(k, name, value, why, why_size);
    snprintf(why, why_size, "unknown setting '%.60s' (catalog-sim --help lists all)", name);
    return false;
}

void knobs_defaults(struct knobs *k)
{
    char why[256];
    *k = (struct knobs){0};
    for (size_t i = 0; i < KNOB_COUNT; i++)
        set_known(k, &knobs[i], knobs[i].by_default, why, sizeof why);
}

bool knobs_load(struct knobs *k, const char *path, char *why, size_t why_size)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(why, why_size, "%s: cannot open: %s", path, strerror(errno));
        return false;
    }
    char line[1024], reason[256];
    bool ok = true;
    for (int number = 1; ok && fgets(line, sizeof line, file); number++) {
        char *key = line + strspn(line, " \t");
        key[strcspn(key, "\r\n")] = '\0';
        if (*key == '\0' || *key == '#')
            continue;
        char *equals = strchr(key, '=');
        if (equals)
            *equals = '\0';
        snprintf(reason, sizeof reason, "expected key=value");
        ok = equals && knobs_set(k, key, equals + 1, false, reason, sizeof reason);
        if (!ok)
            snprintf(why, why_size, "%s line %d: %s", path, number, reason);
    }
    fclose(file);
    return ok;
}

void knobs_json(const struct knobs *k, struct text *out)
{
    text_char(out, '{');
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        const void *at = (const char *)k + knobs[i].offset;
        text_key(out, knobs[i].name);
        switch (knobs[i].type) {
        case KNOB_WHOLE: text_int(out, *(const int64_t *)at); break;
        case KNOB_NUMBER: text_fmt(out, "%g", *(const double *)at); break;
        case KNOB_SWITCH: text_str(out, *(const int64_t *)at ? "true" : "false"); break;
        case KNOB_CHOICE: choice_word(knobs[i].choices, *(const int64_t *)at, out); break;
        case KNOB_TEXT: text_json(out, at); break;
        }
    }
    for (int i = 1; i < FAULT_DRAWN; i++)
        text_fmt(out, ",\"fault.%s.percent\":%g", fault_defs[i].name, k->fault_percent[i]);
    text_char(out, '}');
}

void knobs_help(FILE *out)
{
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        fprintf(out, "  %s=%s\n      %s", knobs[i].name, knobs[i].by_default, knobs[i].help);
        if (knobs[i].choices)
            fprintf(out, " [%s]", knobs[i].choices);
        fputc('\n', out);
    }
    fprintf(out, "\nFaults, each the percent of calls that meet it:\n");
    for (int i = 1; i < FAULT_DRAWN; i++)
        fprintf(out, "  fault.%s.percent=0%s\n      %s\n", fault_defs[i].name,
                fault_defs[i].spread_weight ? " *" : "", fault_defs[i].help);
}
