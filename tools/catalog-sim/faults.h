/* Every fault a call can meet, in one table: its name (as in `fault.NAME.percent` and in scripted plans),
 * whether the master knob `faults.percent` draws it and with what weight, and what it does. Source:
 * catalog-api.md section 7 and "What a faithful simulator must do". */
#ifndef CATALOG_SIM_FAULTS_H
#define CATALOG_SIM_FAULTS_H

#include <stdbool.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_HTTP500,
    FAULT_HTTP500_99,
    FAULT_CODE2,
    FAULT_HTTP503,
    FAULT_UNAVAILABLE_200,
    FAULT_HTML_502,
    FAULT_EMPTY_500,
    FAULT_SUCCESS_FALSE,
    FAULT_TRUNCATED_JSON,
    FAULT_CUT_BODY,
    FAULT_SLOW_BODY,
    FAULT_CLOSE,
    FAULT_RESET_BEFORE,
    FAULT_RESET_AFTER,
    FAULT_HANG_BEFORE,
    FAULT_HANG_AFTER,
    FAULT_LATE,
    FAULT_THROTTLE_80009,
    FAULT_THROTTLE_80014,
    FAULT_THROTTLE_4,
    FAULT_THROTTLE_17,
    FAULT_THROTTLE_613,
    FAULT_THROTTLE_32,
    FAULT_THROTTLE_341,
    FAULT_BLOCKED_368,
    FAULT_TOKEN_190,
    FAULT_SESSION_102,
    FAULT_PERMISSION_10,
    FAULT_PERMISSION_200,
    FAULT_PERMANENT_100,
    FAULT_INVALID_801,
    FAULT_REDUCE_DATA,
    FAULT_NOT_FOUND,
    FAULT_DRAWN, /* the kinds above have a knob; those below are for scripted plans only */
    FAULT_ERROR = FAULT_DRAWN,
    FAULT_BODY,
    FAULT_DELAY,
    FAULT_ENTRY,
    FAULT_COUNT
};

enum fault_scope { FAULT_ANY, FAULT_WRITES, FAULT_SIZED, FAULT_DELETES, FAULT_BATCHES };

struct fault_def {
    const char *name;
    int spread_weight; /* share in faults.percent; 0: never drawn by it */
    enum fault_scope scope;
    const char *help;
};

extern const struct fault_def fault_defs[FAULT_COUNT];

/* The fault of that name, or FAULT_COUNT. "none" is FAULT_NONE. */
enum fault_kind fault_by_name(const char *name);

#endif
