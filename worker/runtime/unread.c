#include "worker/runtime/unread.h"

int64_t unread_records(int64_t reached, int64_t high)
{
    if (reached < 0 || high < 0)
        return -1;
    return high > reached ? high - reached : 0;
}

static int64_t age(int64_t since_ms, int64_t now_ms)
{
    return now_ms > since_ms ? now_ms - since_ms : 0;
}

int64_t unread_look(struct unread *unread, int64_t reached, int64_t high, bool open, int64_t now_ms)
{
    if (high < 0 || high <= reached) {
        unread->seen_at_ms = 0;
        return 0;
    }
    if (unread->seen_at_ms == 0 || reached >= unread->seen_high) {
        unread->seen_high = high;
        unread->seen_at_ms = now_ms;
    }
    if (open && unread->last_read_ms > 0)
        return age(unread->last_read_ms, now_ms);
    return age(unread->seen_at_ms, now_ms);
}
