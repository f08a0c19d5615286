/* All settings of the simulator, from one table (knobs.c): used by --set, --config, --help and
 * /_sim/settings. */
#ifndef CATALOG_SIM_KNOBS_H
#define CATALOG_SIM_KNOBS_H

#include "faults.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { LATENCY_FIXED, LATENCY_UNIFORM, LATENCY_EXP, LATENCY_LOGNORMAL };
enum { LATE_RESET, LATE_HANG, LATE_500 };
enum { ALWAYS, NEVER, RANDOM };
enum { DATA_OBJECT, DATA_STRING, DATA_RANDOM };
enum { PROOF_OFF, PROOF_VERIFY, PROOF_REQUIRE };
enum { SHAPE_33, SHAPE_13, SHAPE_803, SHAPE_OLD_33, SHAPE_RETAILER };
enum { ZERO_DECIMAL_OFFSET, ZERO_DECIMAL_CENTS };
enum { IMAGE_UPLOADED_ID, IMAGE_ONLY, IMAGE_FILE };
enum { LAG_FIXED, LAG_RANDOM };
enum { CASE_LOWER, CASE_MIXED };
enum { WINS_FIRST, WINS_LAST, WINS_NONE, WINS_BOTH };
enum { EXISTING_UPDATE, EXISTING_ERROR };
enum { UNKNOWN_OK, UNKNOWN_ERROR };
enum { MISSING_ERROR, MISSING_WARNING };
enum { HANDLE_ERROR, HANDLE_EMPTY };
enum { STATUS_CAPITAL, STATUS_LOWER };

#define KNOB_TEXT_SIZE 64

/* Members are named as their knobs, dots as underscores. Whole numbers, choices and switches are int64_t. */
struct knobs {
    int64_t seed;
    double latency_ms, latency_max_ms, latency_apply_at_percent;
    int64_t latency_kind;
    double faults_percent, fault_after_commit_percent;
    double fault_percent[FAULT_DRAWN];
    int64_t call_late_max_ms, late_min_ms, late_answer, hang_ms, slow_body_ms;
    double late_beyond_percent;
    int64_t down;
    int64_t proof, error_190_status, error_190_subcode, error_throttle_status, error_368_status,
        error_permission_status, token_expire_after_calls;
    int64_t version_oldest_live, version_newest, version_upsert_from;
    int64_t duplicate_error_data, error_data_shape, success_extra, not_found_shape, bad_filter_code,
        image_error_text;
    int64_t strict_commerce, catalog_address_delete, retailer_id_max_length, price_zero_decimal;
    int64_t lookup_lag_ms, lookup_lag_kind, lookup_limit_default, lookup_limit_max, lookup_response_max_bytes;
    int64_t image_fetch_ms, review_ms;
    double image_fail_percent, review_reject_percent;
    int64_t limit_management_per_hour, limit_app_per_hour, limit_app_code, limit_token_per_hour,
        limit_window_ms, limit_block_ms, throttle_regain_minutes;
    double usage_header_from_percent, usage_header_force_percent;
    int64_t usage_header_extra_ids, usage_header_case;
    char usage_header_type[KNOB_TEXT_SIZE];
    double batch_latency_ms;
    int64_t batch_latency_kind, batch_requests_max, batch_body_max_bytes;
    int64_t batch_duplicate_wins, batch_create_existing, batch_delete_unknown, batch_missing_required;
    double batch_entry_fail_percent, batch_error_percent, batch_cancel_percent;
    int64_t batch_validation_always, batch_handle_ttl_ms, batch_handle_unknown;
    int64_t batch_status_case, batch_status_empty_ms, batch_status_samples_max, batch_status_validation;
    int64_t limit_batch_per_minute, limit_batch_window_ms;
    char usage_header_batch_type[KNOB_TEXT_SIZE];
    int64_t items_max, url_max_bytes, body_max_bytes;
    int64_t connections_max, header_max_bytes, keepalive_timeout_ms, journal_size;
};

void knobs_defaults(struct knobs *k);

/* Sets one knob from text. `running`: refuse to change what only counts at start. On failure false, and `why`
 * says what is wrong with which knob. */
bool knobs_set(struct knobs *k, const char *name, const char *value, bool running, char *why,
               size_t why_size);

/* Reads key=value lines; '#' starts a comment line. On failure false, and `why` names file and line. */
bool knobs_load(struct knobs *k, const char *path, char *why, size_t why_size);

/* Adds a JSON object of all knobs. */
void knobs_json(const struct knobs *k, struct text *out);

/* Prints every knob with default and meaning. */
void knobs_help(FILE *out);

#endif
