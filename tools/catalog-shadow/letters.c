/* The shadow's dead letters, as catalog-dlq counts them. */
#include "shadow.h"

#include "open.h"

bool shadow_read_letters(struct shadow *shadow, rd_kafka_t *reader)
{
    static const struct filter every;
    struct open_table table = {.filter = &every};
    char error[KAFKA_ERROR_SIZE];
    size_t shown;
    bool ok = open_read(&table, reader, shadow->config->topic_dlq, NULL, NULL, error);

    if (ok) {
        shadow->letters.open = table.open;
        shadow->letters.products = open_products(&table, NULL, 0, &shown);
        for (uint32_t i = 0; i < table.count; i++)
            shadow->letters.nameless += table.list[i].open && !table.list[i].product;
    }
    open_free(&table);
    return ok || kit_stop ? ok : shadow_fails(shadow, error);
}
