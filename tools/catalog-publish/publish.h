/* From rows to confirmed records. */
#ifndef CATALOG_PUBLISH_PUBLISH_H
#define CATALOG_PUBLISH_PUBLISH_H

#include "common/config.h"
#include "options.h"

/* Does what the command line says. Returns the exit code. */
int publish(const struct options *options, const struct config *config);

#endif
