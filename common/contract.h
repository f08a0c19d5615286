/* Versions of the contracts: which schema an event's `data` keeps to, as its CloudEvents attribute
 * `dataschema` names it (docs/contracts.md, "Versions"). The number at the end is the major version: within
 * one only optional things are added, so readers of the same major understand each other. */
#ifndef COMMON_CONTRACT_H
#define COMMON_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

#define CONTRACT_EVENT  "urn:catalog-sync:schema:event:1"
#define CONTRACT_RESULT "urn:catalog-sync:schema:result:1"

/* True if `data` under this dataschema may be read as `known` says (one of the names above): it is that name,
 * or absent (len 0; events before there were versions, which are version 1), or a name that is none of ours:
 * a schema of the producer's own says nothing about ours. False for any other name under
 * `urn:catalog-sync:`: another contract, or a major version of which this program knows nothing. */
bool contract_readable(const char *known, const char *dataschema, size_t len);

#endif
