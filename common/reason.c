#include "common/reason.h"

#include <string.h>

static const struct reason_info reasons[] = {
    /* skipped */
    {"no_sku", "the product has no SKU, so it cannot be in the catalog", "give the product a SKU"},
    {"inactive", "the product is inactive and was never in the catalog", "activate the product"},
    {"not_in_catalog", "a delete of what neither memory nor the catalog knows", ""},
    {"unknown_type", "the event's type is none of ours", "send one of the types that schemas/ lists"},
    {"memory_reset", "an operator reset what is remembered of the product (catalog-memory reset-version)",
     ""},
    {"memory_forgotten", "an operator had the product forgotten (catalog-memory forget)", ""},
    {"adopted", "an item that the catalog had already became known (catalog-publish --adopt)", ""},
    {"plan_only", "catalog.mode=plan-only: the calls were planned and not made", ""},
    /* superseded */
    {"absorbed", "a newer waiting event of the same product took its place", ""},
    {"newer_version", "a newer version of the product was done before", ""},
    {"sku_taken", "the SKU belongs to another product by now", "nothing, unless two products share a SKU"},
    /* failed, before any call: what the event codec found, and the core */
    {"too_large", "the record is larger than record.max.bytes", "shrink the event"},
    {"invalid_json", "the record's value is no complete JSON", "mend the producer"},
    {"invalid_utf8", "the record holds bytes that are no UTF-8", "mend the producer"},
    {"nul_character", "a text holds the character NUL", "mend the producer"},
    {"lone_surrogate", "a text holds half of a surrogate pair", "mend the producer"},
    {"duplicate_key", "an object names one member twice", "mend the producer"},
    {"too_deep", "the record's JSON is nested too deeply", "flatten the event"},
    {"too_many_members", "an object or a list of the event is too long", "shorten it"},
    {"number_out_of_range", "a number is beyond what JSON keeps exact", "send it as text, or smaller"},
    {"not_a_cloud_event", "the record is no CloudEvents event", "mend the producer's envelope"},
    {"content_type_unsupported", "the event's data is no JSON", "send application/json"},
    {"specversion_unsupported", "the event is of another CloudEvents version", "send specversion 1.0"},
    {"dataschema_unsupported", "the event keeps to a version of the contract that this worker does not know",
     "update the workers, then replay; or send the dataschema that docs/contracts.md names"},
    {"missing_attribute", "id, source or type is missing", "send the attribute that the message names"},
    {"invalid_attribute", "an attribute of the envelope cannot be used", "correct what the message names"},
    {"missing_field", "a required field is missing", "send the field that the message names"},
    {"wrong_type", "a field is of the wrong JSON type", "correct the field that the message names"},
    {"invalid_value", "a field's value cannot be used", "correct the field that the message names"},
    {"bad_character", "an identifier holds a control character", "correct the field that the message names"},
    {"text_too_long", "a text is longer than the catalog takes", "shorten the field that the message names"},
    {"unknown_field", "`fields` holds a name that nobody knows", "correct it, or set unknown.fields=ignore"},
    {"unknown_catalog", "the event names a catalog that is not configured",
     "configure catalogs.<name>.*, or correct the event's catalog"},
    {"catalog_not_of_topic", "the event names a catalog other than the one whose own topic it came by",
     "publish it to a topic of its catalog, or to a shared one"},
    {"key_mismatch", "the record's key is not the product id", "publish with the product id as key"},
    {"version_out_of_range", "the version is not from 1 to 2^53-1, or missing",
     "send a version in that range"},
    {"version_in_future", "the event's version is too far in the future",
     "correct the clock or the unit of the producer's versions"},
    {"price_not_a_string", "the price is a JSON number: money is never a float",
     "send it as text, such as \"19.99\""},
    {"price_invalid", "the price is no plain decimal", "send it as 19.99"},
    {"price_not_representable", "the currency has no such small unit, or the price is too large",
     "correct the price"},
    {"price_zero", "the price is zero", "set a price, or allow.zero.price=true"},
    {"currency_invalid", "the currency is no ISO 4217 code", "send three capital letters"},
    {"url_not_absolute", "a URL is relative", "send it with https:// and the host"},
    {"url_scheme_unsupported", "a URL is neither http nor https", "send an https URL"},
    {"url_invalid", "a URL cannot be read", "correct the field that the message names"},
    {"url_too_long", "a URL is too long", "shorten the field that the message names"},
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
