/* CPU time of the codec alone: decode, hashes, body of one event of about 700 bytes. Not a test. */
#include "common/apibody.h"
#include "common/event.h"
#include "common/jsonscan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cJSON.h>

static const char value[] =
    "{\"product_id\":\"8841\",\"version\":1763849999000001,\"catalog\":\"default\",\"sku\":\"SKU-008841\","
    "\"is_active\":true,\"name\":\"Trail running shoe, red, size 42\",\"description\":\"Light and grippy, "
    "made for wet "
    "rock and mud. A drop of 6 mm, a rock plate, and a wide toe box for long days out. Machine washable at "
    "thirty "
    "degrees, and repairable: laces and insoles are sold apart.\",\"brand\":\"Acme "
    "Outdoor\",\"category\":\"Apparel & "
    "Accessories > Shoes\",\"link\":\"https://shop.example/products/trail-running-shoe-red-42\","
    "\"image_link\":\"https://media.shop.example/products/8841/"
    "main.jpg\",\"price\":\"119.90\",\"currency\":\"EUR\","
    "\"stock_quantity\":17,\"condition\":\"new\",\"fields\":{\"custom_label_0\":\"autumn\",\"gtin\":"
    "\"04012345678901\"}}";

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Prints what a round of the loop since start cost, and returns the clock. */
static double report(const char *what, double start, long rounds)
{
    double now = cpu_us();

    printf("%-34s %6.2f us\n", what, (now - start) / (double)rounds);
    return cpu_us();
}

int main(int argc, char **argv)
{
    const struct event_header headers[] = {{"ce_specversion", "1.0", 3},
                                           {"ce_id", "3f1c2e0a-7b1d-4c55-9f0e-0a1b2c3d4e5f", 36},
                                           {"ce_source", "/shop/backend", 13},
                                           {"ce_type", "product.updated", 15},
                                           {"ce_time", "2025-11-22T21:38:49.123456Z", 27},
                                           {"content-type", "application/json", 16}};
    const struct event_record record = {.topic = "product-events",
                                        .offset = 1,
                                        .now_ms = INT64_C(1763850000000),
                                        .key = "8841",
                                        .key_len = 4,
                                        .value = value,
                                        .value_len = sizeof(value) - 1,
                                        .headers = headers,
                                        .header_count = 6};
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
    struct event_settings settings;
    struct jsonscan scan;
    struct event *event = NULL;
    struct sbuf body;
    double start;

    event_settings_init(&settings);
    sbuf_init(&body, APIBODY_MAX_BYTES);
    printf("value: %zu bytes, %ld rounds\n", sizeof(value) - 1, rounds);
    start = cpu_us();
    for (long i = 0; i < rounds; i++) {
        if (!jsonscan(value, sizeof(value) - 1, 64, NULL, &scan))
            return 1;
    }
    start = report("scan of the raw text, data hash", start, rounds);
    for (long i = 0; i < rounds; i++)
        cJSON_Delete(cJSON_ParseWithLength(value, sizeof(value) - 1));
    start = report("cJSON parse and free", start, rounds);
    for (long i = 0; i < rounds; i++) {
        event_free(event);
        if (event_decode(&record, &settings, &event) != 0 || event->kind != EVENT_UPSERT) {
            fprintf(stderr, "the event is broken: %s\n", event ? event->broken.message.ptr : "no memory");
            return 1;
        }
    }
    start = report("decode (all of the above, hashes)", start, rounds);
    for (long i = 0; i < rounds; i++) {
        sbuf_reset(&body);
        apibody_create(&body, event, true);
    }
    report("body of a create", start, rounds);
    printf("event: %zu bytes of memory; body: %zu bytes\n", event->size_bytes, body.len);
    event_free(event);
    sbuf_free(&body);
    return 0;
}
