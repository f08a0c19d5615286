/* What the worker would say of a record: its own decoder, with the settings it would have. */
#ifndef CATALOG_PUBLISH_CHECKER_H
#define CATALOG_PUBLISH_CHECKER_H

#include "common/config.h"
#include "event.h"
#include "worker/runtime/settings.h"

#include <stdbool.h>

enum { CHECK_FIELD_SIZE = 256, CHECK_ERROR_SIZE = 512 };

/* Where the configuration names no catalog (catalog.id), it is not the worker's: then what a setting of the
 * worker's could permit (a default currency, a placeholder image, a price of 0, any catalog's name) is let
 * pass. */
struct checker {
    struct worker_settings settings;
    bool lenient;
};

struct checked {
    char catalog[CONFIG_CATALOG_NAME_MAX + 1]; /* as the event names it, or the default; cut if too long */
    int catalog_index;                         /* among the configured ones; -1: none of them */
    char field[CHECK_FIELD_SIZE];              /* what is wrong: "data.price"; "" if no one field */
};

/* config must outlive it. False with a message in error: a setting cannot be used. */
bool checker_init(struct checker *checker, const struct config *config, char error[CHECK_ERROR_SIZE]);

/* True if the worker would take the record. False: the reason's name and the worker's words in why (WHY_SIZE
 * bytes). Fills *checked in any case. */
bool checker_check(struct checker *checker, const struct outgoing *record, struct checked *checked,
                   char *why);

#endif
