#include "tracker.h"

#include "common/assertx.h"
#include "common/hash128.h"

#include <stdlib.h>
#include <string.h>

bool tracker_init(struct tracker *tracker)
{
    memset(tracker, 0, sizeof *tracker);
    tracker->rows = calloc(TRACKER_ROWS, sizeof *tracker->rows);
    return tracker->rows != NULL;
}

void tracker_free(struct tracker *tracker)
{
    free(tracker->rows);
    tracker->rows = NULL;
}

bool tracker_is_full(const struct tracker *tracker)
{
    return !tracker->stuck && tracker->next - tracker->reached >= TRACKER_ROWS;
}

uint64_t tracker_add(struct tracker *tracker, const void *row, size_t len, int input, uint64_t line)
{
    ASSERT(!tracker_is_full(tracker));
    tracker->read = hash128_parts(HASH_BODY, &tracker->read, sizeof tracker->read, row, len, 0);
    tracker->rows[tracker->next % TRACKER_ROWS] =
        (struct track){.hash = tracker->read, .line = line, .input = input};
    return tracker->next++;
}

const struct track *tracker_row(const struct tracker *tracker, uint64_t number)
{
    return &tracker->rows[number % TRACKER_ROWS];
}

void tracker_wrong(struct tracker *tracker, uint64_t number)
{
    tracker->rows[number % TRACKER_ROWS].wrong = true;
}

void tracker_done(struct tracker *tracker, uint64_t number, bool ok)
{
    if (!ok)
        tracker->stuck = tracker->stuck || number >= tracker->reached;
    else
        tracker->rows[number % TRACKER_ROWS].done = true;
    while (tracker->reached < tracker->next && tracker->rows[tracker->reached % TRACKER_ROWS].done &&
           tracker->next - tracker->reached <= TRACKER_ROWS) {
        tracker->hash = tracker->rows[tracker->reached % TRACKER_ROWS].hash;
        tracker->wrong += tracker->rows[tracker->reached % TRACKER_ROWS].wrong;
        tracker->reached++;
    }
}
