/* The filter edge, GET /{catalog}/products (catalog-api.md section 3). */
#ifndef CATALOG_SIM_LOOKUP_H
#define CATALOG_SIM_LOOKUP_H

#include "call.h"

/* Answers a lookup: filter, fields, limit, cursors, summary, paging.next. */
void operate_lookup(struct call *call);

#endif
