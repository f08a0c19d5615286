#include "common/contract.h"

#include <string.h>
#include <strings.h>

/* A URN's scheme and namespace are the same in either case (RFC 8141), what follows is not. */
static const char ours[] = "urn:catalog-sync:";
enum { OURS_LEN = sizeof(ours) - 1 };

bool contract_readable(const char *known, const char *dataschema, size_t len)
{
    if (len < OURS_LEN || strncasecmp(dataschema, ours, OURS_LEN) != 0)
        return true;
    return len == strlen(known) && memcmp(dataschema + OURS_LEN, known + OURS_LEN, len - OURS_LEN) == 0;
}
