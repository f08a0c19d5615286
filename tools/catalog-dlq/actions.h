/* The account of a replay or drop, for people and for programs. */
#ifndef DLQ_ACTIONS_H
#define DLQ_ACTIONS_H

#include "app.h"
#include "follow.h"
#include "resolve.h"

/* What a dry run found. */
void account_dry(struct app *app, const struct resolve *resolve);

/* What was done; follow may be NULL. */
void account(struct app *app, const struct resolve *resolve, const struct follow *follow, int64_t took_ms);

#endif
