#include "worker/check/judge.h"

#include <inttypes.h>

void judge_clock(struct check_report *report, const char *id, const char *subject, const char *whose,
                 int64_t ahead_ms, int64_t slack_ms, int64_t future_max_ms)
{
    static const char mend[] =
        "keep the clocks of all machines by NTP (chrony, systemd-timesyncd), and see which "
        "of the two is wrong";
    int64_t off = ahead_ms < 0 ? -ahead_ms : ahead_ms;
    int64_t fail = future_max_ms < CHECK_SKEW_FAIL_MS ? future_max_ms : CHECK_SKEW_FAIL_MS;
    enum check_state state;

    if (fail < CHECK_SKEW_WARN_MS)
        fail = CHECK_SKEW_WARN_MS;
    off = off > slack_ms ? off - slack_ms : 0;
    state = off >= fail ? CHECK_FAIL : off >= CHECK_SKEW_WARN_MS ? CHECK_WARN : CHECK_OK;
    if (state == CHECK_OK)
        check_say(report, state, id, subject, NULL, "this clock and that of %s agree to within %" PRId64 " s",
                  whose, (int64_t)CHECK_SKEW_WARN_MS / 1000);
    else
        check_say(report, state, id, subject, mend, "this clock is %" PRId64 " s %s that of %s", off / 1000,
                  ahead_ms > 0 ? "ahead of" : "behind", whose);
}
