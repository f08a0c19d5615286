#include "worker/runtime/event_path.h"

const char *event_path_name(enum event_path path)
{
    static const char *const names[] = {
#define X(symbol, name) name,
        EVENT_PATHS(X)
#undef X
    };

    return (unsigned)path < EVENT_PATH_COUNT ? names[path] : "";
}

enum event_path event_path_of(enum result_kind kind, enum reason reason, bool stored, bool called)
{
    if (called)
        return EVENT_PATH_SINGLE;
    if (stored)
        return EVENT_PATH_REPEATED;
    if (reason == REASON_PLAN_ONLY)
        return EVENT_PATH_PLAN;
    switch (kind) {
    case RESULT_UNCHANGED: return EVENT_PATH_UNCHANGED;
    case RESULT_SUPERSEDED: return reason == REASON_ABSORBED ? EVENT_PATH_COALESCED : EVENT_PATH_STALE;
    case RESULT_SKIPPED: return EVENT_PATH_SKIPPED;
    case RESULT_FAILED: return EVENT_PATH_REFUSED;
    case RESULT_CREATED:
    case RESULT_UPDATED:
    case RESULT_DELETED:
    case RESULT_NONE:
    case RESULT_KIND_COUNT: break;
    }
    return EVENT_PATH_SINGLE;
}

bool event_path_usual(enum result_kind kind, enum event_path path)
{
    switch (path) {
    case EVENT_PATH_SINGLE: return kind != RESULT_NONE;
    case EVENT_PATH_UNCHANGED: return kind == RESULT_UNCHANGED;
    case EVENT_PATH_COALESCED:
    case EVENT_PATH_STALE: return kind == RESULT_SUPERSEDED;
    case EVENT_PATH_SKIPPED:
    case EVENT_PATH_PLAN: return kind == RESULT_SKIPPED;
    case EVENT_PATH_REFUSED: return kind == RESULT_FAILED;
    case EVENT_PATH_REPEATED: return kind != RESULT_NONE;
    case EVENT_PATH_COUNT: break;
    }
    return false;
}
