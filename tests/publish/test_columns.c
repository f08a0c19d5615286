/* Columns and cells: which field, which JSON, and what is said of a wrong one. */
#include "publish_case.h"

#include "tools/catalog-publish/columns.h"

static const struct column_rules plain = {.list_separator = '|'};

static bool header(struct csv_case *c, struct columns *columns, const struct column_rules *rules,
                   const char *text, char *why)
{
    case_open(c, text, strlen(text), ',');
    assert_int_equal(csv_next(&c->csv), CSV_ROW);
    return columns_read(columns, &c->csv, rules, why);
}

static void refused(const struct column_rules *rules, const char *text, const char *says)
{
    static struct columns columns;
    char why[COLUMNS_WHY_SIZE] = "";
    struct csv_case c;

    assert_false(header(&c, &columns, rules, text, why));
    if (!strstr(why, says))
        fail_msg("\"%s\" does not say \"%s\"", why, says);
    case_close(&c);
}

/* The second row's JSON, or what is wrong with it. */
static void row(const char *text, const char *json, const char *says)
{
    static struct columns columns;
    char why[COLUMNS_WHY_SIZE] = "";
    struct csv_case c;
    struct sbuf out;
    bool ok;

    assert_true(header(&c, &columns, &plain, text, why));
    assert_int_equal(csv_next(&c.csv), CSV_ROW);
    sbuf_init(&out, 65536);
    ok = columns_row(&columns, &c.csv, &out, why);
    if (json) {
        assert_string_equal(why, "");
        assert_true(ok);
        assert_string_equal(sbuf_str(&out), json);
    } else {
        assert_false(ok);
        if (!strstr(why, says))
            fail_msg("\"%s\" does not say \"%s\"", why, says);
    }
    sbuf_free(&out);
    case_close(&c);
}

static void test_numbers_stay_text_but_for_whole_ones_that_are_meant(void **state)
{
    (void)state;
    row("product_id,version,price,stock_quantity,name\n7,12,19.90,3,42\n",
        "{\"product_id\":7,\"version\":12,\"price\":\"19.90\",\"stock_quantity\":3,\"name\":\"42\"}", NULL);
    row("product_id,sku\n007,1e3\n", "{\"product_id\":\"007\",\"sku\":\"1e3\"}", NULL);
    row("product_id\n99999999999999999999\n", "{\"product_id\":\"99999999999999999999\"}", NULL);
}

static void test_empty_cells_are_absent(void **state)
{
    (void)state;
    row("product_id,sku,price,fields.color\n1,,\"\",\n", "{\"product_id\":1}", NULL);
}

static void test_yes_no_lists_and_further_fields(void **state)
{
    (void)state;
    row("product_id,is_active,deleted\n1,Yes,0\n", "{\"product_id\":1,\"is_active\":true,\"deleted\":false}",
        NULL);
    row("product_id,additional_image_links\n1,https://a/1.jpg | https://a/2.jpg|\n",
        "{\"product_id\":1,\"additional_image_links\":[\"https://a/1.jpg\",\"https://a/2.jpg\"]}", NULL);
    row("product_id,additional_image_links\n1,\"[\"\"https://a/1|2.jpg\"\"]\"\n",
        "{\"product_id\":1,\"additional_image_links\":[\"https://a/1|2.jpg\"]}", NULL);
    row("fields.color,product_id,fields.sale_price\nred,1,9.99\n",
        "{\"product_id\":1,\"fields\":{\"color\":\"red\",\"sale_price\":\"9.99\"}}", NULL);
    row("product_id,fields.quantity_to_sell_on_facebook\n1,5\n",
        "{\"product_id\":1,\"fields\":{\"quantity_to_sell_on_facebook\":5}}", NULL);
    row("product_id,fields.importer_address\n1,\"{\"\"city\"\":\"\"Pune\"\"}\"\n",
        "{\"product_id\":1,\"fields\":{\"importer_address\":{\"city\":\"Pune\"}}}", NULL);
}

static void test_texts_are_escaped_and_blanks_kept_where_they_are_text(void **state)
{
    (void)state;
    row("product_id,name,price\n1,\" a \"\"b\"\"\n\t\", 5 \n",
        "{\"product_id\":1,\"name\":\" a \\\"b\\\"\\n\\t\",\"price\":\"5\"}", NULL);
}

static void test_a_wrong_cell_names_its_column(void **state)
{
    (void)state;
    row("product_id,version\n1,1.5\n", NULL, "column version: \"1.5\" is no whole number");
    row("product_id,version\n1,007\n", NULL, "column version: \"007\" is no whole number");
    row("product_id,is_active\n1,maybe\n", NULL, "column is_active: \"maybe\" is none of");
    row("product_id,name\n1,ab\xe4\n", NULL, "column name: byte 3 of the cell (0xe4) is not UTF-8");
    row("product_id,name\n1\n", NULL, "1 cells, but the first row names 2 columns");
    row("product_id,name\n1,2,3\n", NULL, "3 cells, but the first row names 2 columns");
    row("product_id,additional_image_links\n1,[x]\n", NULL, "not JSON at byte 2");
    row("product_id,fields.importer_address\n1,Pune\n", NULL, "is no JSON object");
}

static void test_headers_are_checked_by_name(void **state)
{
    (void)state;
    refused(&plain, "product_id,prise\n", "column \"prise\" is no field of an event (did you mean price?)");
    refused(&plain, "product_id,Stock Quantity\n", "did you mean stock_quantity?");
    refused(&plain, "product_id,color\n", "did you mean fields.color?");
    refused(&plain, "product_id,title\n", "did you mean name?");
    refused(&plain, "product_id,qqqqqqqqqqqq\n", "is no field of an event: name it with --map");
    refused(&plain, "sku,name\n", "no column is named product_id");
    refused(&plain, "product_id,sku,sku\n", "columns 2 (\"sku\") and 3 (\"sku\") both hold sku");
    refused(&plain, "product_id,,sku\n", "column 2 has no name");
    refused(&plain, "product_id;sku\n", "give --delimiter ';'");
}

static void test_columns_are_mapped_and_ignored(void **state)
{
    static struct columns columns;
    struct column_rules rules = {.maps = {"sku=Artikel", "product_id=Nr"},
                                 .map_count = 2,
                                 .ignored = {"Lager"},
                                 .ignored_count = 1,
                                 .list_separator = '|'};
    char why[COLUMNS_WHY_SIZE];
    struct csv_case c;
    struct sbuf out;

    (void)state;
    assert_true(header(&c, &columns, &rules, "Nr,Artikel,Lager\n1,A-1,x\n", why));
    assert_int_equal(csv_next(&c.csv), CSV_ROW);
    sbuf_init(&out, 4096);
    assert_true(columns_row(&columns, &c.csv, &out, why));
    assert_string_equal(sbuf_str(&out), "{\"product_id\":1,\"sku\":\"A-1\"}");
    assert_string_equal(columns_header(&columns, "data.sku"), "Artikel");
    assert_null(columns_header(&columns, "data.skus"));
    assert_null(columns_header(&columns, "key"));
    sbuf_free(&out);
    case_close(&c);
    refused(&rules, "Nr,Lager\n", "--map sku=Artikel: the file has no such column");
    refused(&rules, "Nr,Artikel,sku\n", "both hold sku");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_stay_text_but_for_whole_ones_that_are_meant),
        cmocka_unit_test(test_empty_cells_are_absent),
        cmocka_unit_test(test_yes_no_lists_and_further_fields),
        cmocka_unit_test(test_texts_are_escaped_and_blanks_kept_where_they_are_text),
        cmocka_unit_test(test_a_wrong_cell_names_its_column),
        cmocka_unit_test(test_headers_are_checked_by_name),
        cmocka_unit_test(test_columns_are_mapped_and_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
