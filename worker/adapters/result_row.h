/* From a record of the result topic to a row that memory is rebuilt from: what the worker and catalog-memory
 * read alike. */
#ifndef ADAPTERS_RESULT_ROW_H
#define ADAPTERS_RESULT_ROW_H

#include "common/config.h"
#include "common/memory_header.h"
#include "common/result.h"
#include "worker/adapters/redis_store.h"

#include <librdkafka/rdkafka.h>

/* Room for the texts a row points to. About 100 KiB: keep it static. */
struct result_row_space {
    char text[RESULT_TEXT_BYTES], memory_text[2][MEMORY_TEXT_MAX_BYTES];
    uint8_t blob[OUTCOME_BLOB_MAX_BYTES];
};

enum result_row {
    RESULT_ROW,            /* *row is filled */
    RESULT_ROW_NONE,       /* nothing of memory: another catalog's, or without a product */
    RESULT_ROW_OTHER_MODE, /* of a plan-only worker, read as a real one's, or the other way round */
    RESULT_ROW_BAD,        /* no result event of ours: why says what is wrong */
};

/* Reads one record. What memory held is told by the record's header (common/memory_header.h); a record
 * without it (written by others) tells what its own event says; a tombstone (no value, key
 * catalog/product_id) is a product forgotten on purpose. *row points into space, the message and nothing
 * else. why: why_size bytes. */
enum result_row result_row_read(const struct config *config, const rd_kafka_message_t *message,
                                struct result_row_space *space, struct store_row *row, char *why,
                                size_t why_size);

#endif
