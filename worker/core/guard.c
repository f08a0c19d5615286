/* The guard of the store. Redis is a cache: when it lost writes, or was emptied, a new epoch begins, and
 * nothing is claimed until every lease and call of before has ended and one worker has streamed the result
 * topic back. */
/* clang-format off */
/*
 *   DOWN --connected--> LOOK_DUE -> LOOKING --ready, witness there--> READY
 *                          ^            |--not ready, another builds--> LOOK_DUE (polls, takes over if it dies)
 *                          |            |--no epoch, witness lost-----> LOOK_DUE (raises)
 *                          |            '--we build--> QUIET -> REBUILDING --.
 *                          '------------------------------(says ready)-------'
 */
/* clang-format on */
#include "worker/core/state.h"

static const usec_t poll_us = 500 * 1000, renew_us = 3 * 1000 * 1000, retry_us = 200 * 1000;

static void ask(struct core *core, enum output_type what, usec_t after_us)
{
    core->guard.state = GUARD_LOOK_DUE;
    core->guard.ask = what;
    core->guard.due_us = core->now_us + after_us;
}

void guard_up(struct core *core)
{
    core->guard.grace_passed = false;
    ask(core, OUT_STORE_LOOK, 0);
}

void guard_down(struct core *core)
{
    core->guard.state = GUARD_DOWN;
}

void guard_suspect(struct core *core)
{
    if (core->guard.state == GUARD_READY)
        ask(core, OUT_STORE_LOOK, 0);
}

/* The quiet time, in which the builder's lease is kept by looking. */
static void build(struct core *core, const struct store_view *view)
{
    core->guard.quiet_until_us = core->now_us + (MUTANT(QUIET_SKIPPED) ? 0 : view->wait_us);
    core->guard.state = GUARD_QUIET;
    core->guard.due_us = core->now_us;
}

void guard_viewed(struct core *core, const struct store_view *view)
{
    struct guard *guard = &core->guard;

    if (guard->state == GUARD_READY && view->answered &&
        (view->epoch != guard->epoch || !view->ready || !view->witness_ok)) {
        guard_suspect(core); /* a look made without need found that the epoch has moved on */
        return;
    }
    if (guard->state != GUARD_LOOKING)
        return;
    if (!view->answered) {
        ask(core, OUT_STORE_LOOK, retry_us);
        return;
    }
    if (view->epoch == 0 || view->epoch < guard->epoch || (!view->witness_ok && !MUTANT(WITNESS_IGNORED))) {
        if (view->epoch > guard->epoch)
            guard->epoch = view->epoch;
        guard->raise_above = guard->epoch;
        ask(core, OUT_EPOCH_RAISE, guard->ask == OUT_EPOCH_RAISE ? retry_us : 0);
        return;
    }
    guard->epoch = view->epoch;
    if (!view->ready) {
        if (view->builder) {
            build(core, view);
            return;
        }
        guard->raise_above =
            guard->epoch - 1; /* not a new one: only the building is taken over from the dead */
        ask(core, view->builder_alive ? OUT_STORE_LOOK : OUT_EPOCH_RAISE, poll_us);
        return;
    }
    if (view->restarted && !guard->grace_passed) {
        guard->grace_passed = true; /* let every worker look for its own last write first */
        ask(core, OUT_STORE_LOOK, core->set.store_grace_us);
        return;
    }
    guard->state = GUARD_READY;
}

void guard_rebuilt(struct core *core, bool ok)
{
    if (core->guard.state != GUARD_REBUILDING)
        return;
    ask(core, ok ? OUT_EPOCH_READY : OUT_STORE_LOOK, ok ? 0 : retry_us);
}

static void emit_question(struct core *core, struct outputs *out)
{
    struct output *output = output_add(out, core->guard.ask);

    core->guard.state = GUARD_LOOKING;
    if (core->guard.ask == OUT_EPOCH_RAISE) {
        output->u.epoch.epoch = core->guard.raise_above;
        output->u.epoch.quiet_us = core->set.lease_us + core->set.call_late_us;
    } else if (core->guard.ask == OUT_EPOCH_READY) {
        output->u.epoch.epoch = core->guard.epoch;
    }
}

void guard_pump(struct core *core, struct outputs *out)
{
    struct guard *guard = &core->guard;

    if (guard->state == GUARD_QUIET && core->now_us >= guard->due_us) {
        if (core->now_us >= guard->quiet_until_us) {
            guard->state = GUARD_REBUILDING;
            output_add(out, OUT_REBUILD);
            return;
        }
        ask(core, OUT_STORE_LOOK,
            guard->quiet_until_us - core->now_us < renew_us ? guard->quiet_until_us - core->now_us
                                                            : renew_us);
    }
    if (guard->state == GUARD_LOOK_DUE && core->now_us >= guard->due_us)
        emit_question(core, out);
}
