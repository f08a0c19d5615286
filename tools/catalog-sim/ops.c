/* The writes, and the reads of one node (catalog-api.md sections 1 and 2). */
#include "errors.h"
#include "lookup.h"
#include "render.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>

static void answer_ok(struct call *call, const char *body)
{
    answer_raw(call, 200, NULL, body);
}

static void answer_no_image(struct call *call)
{
    static const char *const texts[] = {
        [IMAGE_UPLOADED_ID] = "(#10801) Either \"uploaded_image_id\" or \"image_url\" must be specified.",
        [IMAGE_ONLY] = "(#10801) \"image_url\" must be specified.",
        [IMAGE_FILE] = "(#10801) Either \"file\" or \"url\" must be specified",
    };
    answer_error(call, &(struct api_error){400, 10801, 0, -1, NULL, texts[call->sim->knobs.image_error_text],
                                           NULL, NULL, NULL});
}

static void answer_duplicate(struct call *call, const struct item *item)
{
    const struct knobs *k = &call->sim->knobs;
    char object[80], string[100];
    snprintf(object, sizeof object, "{\"product_item_id\":\"%s\"}", item->id);
    snprintf(string, sizeof string, "\"{\\\"product_item_id\\\":\\\"%s\\\"}\"", item->id);
    double unit = rng_unit(&call->rng), shape = rng_unit(&call->rng);
    bool with = k->duplicate_error_data == ALWAYS || (k->duplicate_error_data == RANDOM && unit < 0.5);
    bool as_string =
        k->error_data_shape == DATA_STRING || (k->error_data_shape == DATA_RANDOM && shape < 0.5);
    answer_error(call, &(struct api_error){
                           400, 10800, 0, -1, NULL,
                           "(#10800) Duplicate retailer_id when attempting to create a product.", NULL, NULL,
                           !with       ? NULL
                           : as_string ? string
                                       : object});
    call->duplicate_refused = true;
}

/* allow_upsert, for versions that know it: 1, 0, or -1 if it is no boolean (the answer is set). */
static int read_upsert(struct call *call)
{
    if (call->version < call->sim->knobs.version_upsert_from)
        return 0;
    return call_flag(call, "allow_upsert", 1);
}

static bool check_retailer_id(struct call *call)
{
    const struct param *p = params_find(&call->params, "retailer_id");
    const char *s = params_text(&call->params, "retailer_id");
    int64_t most = call->sim->knobs.retailer_id_max_length;
    if (p && !s) {
        answer_100(call, "(#100) Param retailer_id must be a string");
    } else if (s && field_chars(s) > (size_t)most) {
        char message[100];
        snprintf(message, sizeof message, "(#100) Param retailer_id must be at most %d characters long",
                 (int)most);
        answer_100(call, message);
    } else {
        return true;
    }
    return false;
}

static bool check_required(struct call *call, const struct field_values *values)
{
    static const int required[] = {FIELD_NAME, FIELD_CURRENCY, FIELD_PRICE};
    for (size_t i = 0; i < 3; i++) {
        if (!field_given(values, required[i])) {
            answer_required(call, field_defs[required[i]].name);
            return false;
        }
    }
    if (!call->subject) {
        answer_required(call, "retailer_id");
        return false;
    }
    if (!values->json[FIELD_IMAGE_URL]) {
        answer_no_image(call);
        return false;
    }
    return true;
}

static bool check_commerce(struct call *call, const struct field_values *values)
{
    static const int wanted[] = {FIELD_DESCRIPTION, FIELD_URL, FIELD_BRAND};
    if (!call->sim->knobs.strict_commerce)
        return true;
    for (size_t i = 0; i < 3; i++) {
        if (field_given(values, wanted[i]))
            continue;
        char text[256];
        snprintf(text, sizeof text,
                 "Products without \"%s\" information can't be uploaded. Please check that this field is "
                 "included for each "
                 "product in a separate, labelled column.",
                 field_defs[wanted[i]].name);
        answer_error(call, &(struct api_error){400, 100, 0, 0, NULL, "Invalid parameter",
                                               "Required information missing", text, NULL});
        return false;
    }
    return true;
}

static bool check(struct call *call, const char *why)
{
    if (why)
        answer_100(call, why);
    return why == NULL;
}

static void create_or_upsert(struct call *call, struct field_values *values, int upsert)
{
    struct store *s = &call->sim->store;
    uint64_t now_us = sim_now_us();
    struct item *item = call->subject->live;
    if (item && !upsert) {
        call->item = item;
        answer_duplicate(call, item);
        return;
    }
    if (!item && store_item_count(s) >= (size_t)call->sim->knobs.items_max) {
        answer_error(call, &(struct api_error){500, 1, 0, -1, NULL, "The simulator is full (items.max)", NULL,
                                               NULL, NULL});
        return;
    }
    if (item)
        store_update(s, item, values, now_us);
    else
        item = store_create(s, call->subject, values, (uint64_t)call->sim->knobs.seed, now_us);
    call->item = item;
    call->applied = true;
    answer_ok(call, "{\"id\":\"");
    text_str(&call->answer.body, item->id);
    text_str(&call->answer.body, call->sim->knobs.success_extra ? "\",\"success\":true}" : "\"}");
}

static void operate_create(struct call *call)
{
    struct field_values values = {0};
    if (check_retailer_id(call) && check(call, fields_read(&values, &call->params))) {
        int upsert = read_upsert(call);
        if (upsert >= 0 && check_required(call, &values) && check(call, fields_check_uris(&values)) &&
            check(call, fields_check_enums(&values)) && check_commerce(call, &values))
            create_or_upsert(call, &values, upsert);
    }
    fields_free(&values);
}

/* The live item a call addresses, or NULL with the answer set. */
static struct item *find_item(struct call *call)
{
    struct item *item = call->by_retailer ? call->subject ? call->subject->live : NULL : call->item;
    if (item && item->deleted_us == 0) {
        call->item = item;
        return item;
    }
    if (call->by_retailer && call->subject) {
        char message[300];
        snprintf(message, sizeof message,
                 "(#100) Could not find Product Item for catalog id %s, retailer id %.160s",
                 call->catalog->id, call->subject->retailer_id);
        answer_100(call, message);
    } else {
        answer_not_found(call, true);
    }
    return NULL;
}

static void operate_update(struct call *call)
{
    struct item *item = find_item(call);
    struct field_values values = {0};
    if (item && check(call, fields_read(&values, &call->params)) && check(call, fields_check_uris(&values)) &&
        check(call, fields_check_enums(&values))) {
        store_update(&call->sim->store, item, &values, sim_now_us());
        call->applied = true;
        answer_ok(call, "{\"success\":true}");
    }
    fields_free(&values);
}

static void operate_delete(struct call *call)
{
    struct item *item = find_item(call);
    if (!item)
        return;
    store_delete(&call->sim->store, item, sim_now_us());
    call->applied = true;
    answer_ok(call, "{\"success\":true}");
}

static void operate_read(struct call *call)
{
    struct item *item = find_item(call);
    if (!item)
        return;
    struct field_list list;
    const char *why = field_list_parse(&list, params_text(&call->params, "fields"));
    if (!check(call, why))
        return;
    answer_ok(call, "");
    render_item(&call->answer.body, call->sim, item, &list);
}

static void operate_catalog_read(struct call *call)
{
    size_t live = 0;
    for (size_t i = 0; i < call->catalog->count; i++)
        live += call->catalog->items[i]->deleted_us == 0;
    answer_ok(call, "");
    text_fmt(&call->answer.body,
             "{\"id\":\"%s\",\"name\":\"Catalog %s\",\"vertical\":\"commerce\",\"product_count\":%zu}",
             call->catalog->id, call->catalog->id, live);
}

void call_operate(struct call *call)
{
    switch (call->op) {
    case OP_CREATE: operate_create(call); break;
    case OP_ITEM_UPDATE: operate_update(call); break;
    case OP_ITEM_DELETE: operate_delete(call); break;
    case OP_ITEM_READ: operate_read(call); break;
    case OP_LOOKUP: operate_lookup(call); break;
    case OP_BATCH: batch_accept(call); break;
    case OP_BATCH_STATUS: batch_answer_status(call); break;
    case OP_CATALOG_READ: operate_catalog_read(call); break;
    case OP_ME: answer_ok(call, "{\"id\":\"100000000000001\",\"name\":\"catalog-sim\"}"); break;
    case OP_ANSWERED: break;
    }
}
