#include "common/field_table.h"

#include "common/assertx.h"

#include <string.h>

static const char *const genders[] = {"female", "male", "unisex", NULL};
static const char *const ages[] = {"adult", "all ages", "infant", "kids", "newborn", "teen", "toddler", NULL};
static const char *const compliance[] = {"DEFAULT", "COUNTRY_ORIGIN_EXEMPT", NULL};
static const char *const launch[] = {"default", "marked", "not_marked", NULL};

const char *const field_address_members[] = {"street1",     "street2", "city", "region",
                                             "postal_code", "country", NULL};

/* A field with the same name everywhere, and one that only the single edge or only items_batch has. */
#define BOTH(n)   .name = (n), .single = (n), .batch = (n)
#define SINGLE(n) .name = (n), .single = (n), .batch = NULL
#define BATCH(n)  .name = (n), .single = NULL, .batch = (n)
#define LABEL(n)                                                                                             \
    {                                                                                                        \
        BOTH("custom_label_" #n), .type = FIELD_TEXT, .max = 100, .help = "For grouping in ads."             \
    }
#define NUMBER(n)                                                                                            \
    {                                                                                                        \
        BOTH("custom_number_" #n), .type = FIELD_INTEGER, .max = UINT32_MAX, .help = "For grouping in ads."  \
    }

static const struct field_spec specs[] = {
    {BOTH("sale_price"), .type = FIELD_MONEY, .help = "Price during the sale, in the product's currency."},
    {.name = "sale_price_start_date",
     .single = "sale_price_start_date",
     .batch = "sale_price_effective_date",
     .type = FIELD_DATE,
     .range = true,
     .help = "From when the sale price counts. items_batch takes both ends or none."},
    {.name = "sale_price_end_date",
     .single = "sale_price_end_date",
     .batch = "sale_price_effective_date",
     .type = FIELD_DATE,
     .range = true,
     .help = "Until when; not before the start."},
    {BOTH("product_type"), .type = FIELD_TEXT, .max = 750, .help = "The shop's own category."},
    {BOTH("fb_product_category"), .type = FIELD_TEXT, .max = 750,
     .help = "Meta's category; `data.category` is Google's."},
    LABEL(0),
    LABEL(1),
    LABEL(2),
    LABEL(3),
    LABEL(4),
    NUMBER(0),
    NUMBER(1),
    NUMBER(2),
    NUMBER(3),
    NUMBER(4),
    {BATCH("internal_label"), .type = FIELD_TEXTS, .max = 110,
     .help = "Labels for product sets; nobody outside sees them."},
    {.name = "retailer_product_group_id",
     .single = "retailer_product_group_id",
     .batch = "item_group_id",
     .type = FIELD_TEXT,
     .max = 100,
     .create_only = true,
     .help = "Variants of one product share it. The single edge takes it with a create only."},
    {.name = "additional_variant_attributes",
     .single = "additional_variant_attributes",
     .batch = "additional_variant_attribute",
     .type = FIELD_MAP,
     .max = 200,
     .help = "What else tells variants apart, such as {\"scent\": \"rose\"}."},
    {BOTH("color"), .type = FIELD_TEXT, .max = 200, .help = "Of the variant."},
    {BOTH("size"), .type = FIELD_TEXT, .max = 200, .help = "Of the variant."},
    {BOTH("material"), .type = FIELD_TEXT, .max = 200, .help = "Of the variant."},
    {BOTH("pattern"), .type = FIELD_TEXT, .max = 200, .help = "Of the variant."},
    {BOTH("gender"), .type = FIELD_CHOICE, .choices = genders, .help = "Whom it is made for."},
    {BOTH("age_group"), .type = FIELD_CHOICE, .choices = ages, .help = "Whom it is made for."},
    {BOTH("gtin"), .type = FIELD_GTIN,
     .help = "A string: a number would lose leading zeros. No hyphens or spaces."},
    {.name = "manufacturer_part_number",
     .single = "manufacturer_part_number",
     .batch = "mpn",
     .type = FIELD_TEXT,
     .max = 100,
     .help = "The maker's own number."},
    {BOTH("short_description"), .type = FIELD_TEXT, .max = 5000, .help = "Plain text."},
    {BOTH("rich_text_description"), .type = FIELD_TEXT, .max = 5000, .help = "With HTML tags."},
    {SINGLE("ordering_index"), .type = FIELD_INTEGER, .max = INT32_MAX, .help = "Place among its variants."},
    {BOTH("expiration_date"), .type = FIELD_DATE, .help = "When the item expires."},
    {SINGLE("start_date"), .type = FIELD_DATE, .help = "From when the item counts."},
    {BOTH("launch_date"), .type = FIELD_DATE, .help = "When a product announced before can be bought."},
    {SINGLE("marked_for_product_launch"), .type = FIELD_CHOICE, .choices = launch,
     .help = "Whether it is announced."},
    {BOTH("mobile_link"), .type = FIELD_URL, .help = "Product page for phones."},
    {SINGLE("checkout_url"), .type = FIELD_URL, .help = "Where the shop's checkout begins."},
    {BATCH("video"), .type = FIELD_URLS, .help = "Videos of the product."},
    {BOTH("quantity_to_sell_on_facebook"), .type = FIELD_INTEGER, .max = INT32_MAX,
     .help = "Stock kept for Meta's shops. items_batch gets `data.stock_quantity` where it is absent."},
    {SINGLE("return_policy_days"), .type = FIELD_INTEGER, .max = 10000, .help = "Days."},
    {BOTH("commerce_tax_category"), .type = FIELD_TEXT, .max = 100,
     .help = "One of Meta's codes, such as FB_APRL."},
    {BOTH("origin_country"), .type = FIELD_COUNTRY,
     .help = "Where it was made. WhatsApp in India asks for it."},
    {BOTH("importer_name"), .type = FIELD_TEXT, .max = 500,
     .help = "WhatsApp in India asks for it of imported goods."},
    {BOTH("importer_address"), .type = FIELD_ADDRESS, .max = 500, .help = "The importer's postal address."},
    {BOTH("manufacturer_info"), .type = FIELD_TEXT, .max = 500, .help = "Who made it, for compliance."},
    {BOTH("wa_compliance_category"), .type = FIELD_CHOICE, .choices = compliance,
     .help = "COUNTRY_ORIGIN_EXEMPT: goods that need no country of origin."},
    {BATCH("disabled_capabilities"), .type = FIELD_TEXTS, .max = 64,
     .help = "Meta's products that must not show the item, such as [\"whatsapp\"]."},
};

enum { SPECS = sizeof(specs) / sizeof(specs[0]) };

/* Names of both dialects for what an event holds beside `fields`. */
static const struct {
    const char *name, *member;
} elsewhere[] = {
    {"id", "sku"},
    {"retailer_id", "sku"},
    {"sku", "sku"},
    {"name", "name"},
    {"title", "name"},
    {"description", "description"},
    {"brand", "brand"},
    {"category", "category"},
    {"google_product_category", "category"},
    {"url", "link"},
    {"link", "link"},
    {"image_url", "image_link"},
    {"image_link", "image_link"},
    {"image", "image_link"},
    {"additional_image_urls", "additional_image_links"},
    {"additional_image_link", "additional_image_links"},
    {"price", "price"},
    {"currency", "currency"},
    {"availability", "availability"},
    {"inventory", "stock_quantity"},
    {"quantity", "stock_quantity"},
    {"condition", "condition"},
    {"visibility", "visibility"},
    {"sale_price_effective_date", "fields.sale_price_start_date and sale_price_end_date"},
};

size_t field_count(void)
{
    return SPECS;
}

const struct field_spec *field_at(size_t index)
{
    ASSERT(index < SPECS);
    return &specs[index];
}

static bool same(const char *name, const char *other)
{
    return other && strcmp(name, other) == 0;
}

int field_find(const char *name)
{
    for (int i = 0; i < SPECS; i++) {
        const struct field_spec *spec = &specs[i];

        if (same(name, spec->name) || same(name, spec->single) || (!spec->range && same(name, spec->batch)))
            return i;
    }
    return -1;
}

const char *field_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        if (strcmp(elsewhere[i].name, name) == 0)
            return elsewhere[i].member;
    }
    return NULL;
}

const char *field_type_name(enum field_type type)
{
    switch (type) {
    case FIELD_TEXT: return "text";
    case FIELD_MONEY: return "money, a decimal string";
    case FIELD_INTEGER: return "whole number";
    case FIELD_URL: return "absolute URL";
    case FIELD_DATE: return "date (ISO 8601)";
    case FIELD_COUNTRY: return "country (ISO 3166-1, two letters)";
    case FIELD_GTIN: return "GTIN (GS1)";
    case FIELD_CHOICE: return "choice";
    case FIELD_MAP: return "object of texts";
    case FIELD_ADDRESS: return "address object";
    case FIELD_TEXTS: return "list of texts";
    case FIELD_URLS: return "list of absolute URLs";
    }
    UNREACHABLE("field type");
}
