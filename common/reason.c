#include "common/reason.h"

#include <string.h>

static const struct reason_info reasons[] = {
    /* skipped */
    {"no_sku", "the product has no SKU, so it cannot be in the catalog", "give the product a SKU"},
    {"inactive", "the product is inactive and was never in the catalog", "activate the product"},
    {"not_in_catalog", "a delete of what neither memory nor the catalog knows", ""},
    {"unknown_type", "the event's type is none of ours", "send one of the types that schemas/ lists"},
    /* superseded */
    {"absorbed", "a newer waiting event of the same product took its place", ""},
    {"newer_version", "a newer version of the product was done before", ""},
    {"sku_taken", "the SKU belongs to another product by now", "nothing, unless two products share a SKU"},
    /* failed, before any call */
    {"not_json", "the record's value is not JSON", "mend the producer"},
    {"not_utf8", "the record holds bytes that are not UTF-8", "mend the producer"},
    {"not_an_event", "the record is no CloudEvents event", "mend the producer's envelope"},
    {"too_large", "the record is larger than record.max.bytes", "shrink the event"},
    {"too_deep", "the record's JSON is nested too deeply", "flatten the event"},
    {"missing_field", "a required field is missing", "send the field that the message names"},
    {"bad_field", "a field's value cannot be used", "correct the field that the message names"},
    {"unknown_field", "the event has a field that nobody knows",
     "remove or correct the field, or set unknown.fields"},
    {"unknown_catalog", "the event names a catalog that is not configured",
     "configure catalogs.<name>.*, or correct the event's catalog"},
    {"no_version", "the event has no version in the domain that version.source names", "send a version"},
    {"future_version", "the event's version is too far in the future",
     "correct the clock or the unit of the producer's versions"},
    {"identity_reused", "the same source and id came before with other content",
     "give each event an id of its own"},
    {"tombstone_unknown", "a tombstone of which nothing at all is known",
     "send product.deleted with sku and catalog instead"},
    {"too_many_skus", "the product still holds too many old SKUs that could not be deleted",
     "see why their deletes fail, then replay"},
    /* failed, by the API or by us */
    {"refused", "the catalog refused the item", "correct what the message names, then save again or replay"},
    {"attempts", "it failed retry.max.attempts times while the catalog worked",
     "see the last error, then replay"},
    {"age", "it failed for retry.max.age.ms while the catalog worked", "see the last error, then replay"},
    {"kills_workers", "workers died each time they worked on this record",
     "report it together with the record"},
};

const char *result_kind_name(enum result_kind kind)
{
    static const char *const names[RESULT_KIND_COUNT] = {
#define X(symbol, name) name,
        RESULT_KIND_TABLE(X)
#undef X
    };
    return (unsigned)kind < RESULT_KIND_COUNT ? names[kind] : "";
}

enum result_kind result_kind_parse(const char *name, size_t len)
{
    for (int i = RESULT_CREATED; i < RESULT_KIND_COUNT; i++) {
        const char *known = result_kind_name((enum result_kind)i);
        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return (enum result_kind)i;
    }
    return RESULT_NONE;
}

const struct reason_info *reason_info(const char *name)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (strcmp(reasons[i].name, name) == 0)
            return &reasons[i];
    return NULL;
}

const struct reason_info *reason_at(size_t index)
{
    return index < sizeof(reasons) / sizeof(reasons[0]) ? &reasons[index] : NULL;
}
