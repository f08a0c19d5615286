#include "worker/adapters/kafka_ends.h"

#include "common/assertx.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct kafka_ends {
    /* The helper's until it writes to fd. */
    rd_kafka_t *rk;
    char *topic;
    int timeout_ms;
    int32_t *numbers; /* partitions asked about; NULL: all */
    int32_t numbers_count;
    int64_t *low, *end;
    struct ends_answer answer;
    char error[KAFKA_ERROR_SIZE];
    /* Both sides'. */
    atomic_bool abandoned;
    pthread_t thread;
    int fd;
    /* The loop's. */
    struct loop_watch *watch;
    ends_fn answered;
    void *arg;
};

static void fail(struct kafka_ends *ends, const char *what, rd_kafka_resp_err_t err)
{
    snprintf(ends->error, sizeof(ends->error), "%s of topic %.200s: %s", what, ends->topic,
             rd_kafka_err2str(err));
    ends->answer.error = ends->error;
}

/* Returns the number of partitions, 0 for a topic that does not exist, -1 with an error. */
static int32_t ask_partitions(struct kafka_ends *ends)
{
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(ends->rk, ends->topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err =
        rkt ? rd_kafka_metadata(ends->rk, 0, rkt, &metadata, ends->timeout_ms) : rd_kafka_last_error();
    int32_t count = -1;
    if (!err && metadata && metadata->topic_cnt == 1) {
        err = metadata->topics[0].err;
        count = err ? -1 : metadata->topics[0].partition_cnt;
        if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            count = 0;
        }
    }
    if (count < 0) {
        fail(ends, "partitions", err);
    }
    if (metadata) {
        rd_kafka_metadata_destroy(metadata);
    }
    if (rkt) {
        rd_kafka_topic_destroy(rkt);
    }
    return count;
}

static bool ask_offsets(struct kafka_ends *ends, int32_t count)
{
    ends->low = calloc((size_t)count, sizeof(*ends->low));
    ends->end = calloc((size_t)count, sizeof(*ends->end));
    ASSERT(ends->low && ends->end);
    for (int32_t i = 0; i < count; i++) {
        if (atomic_load(&ends->abandoned)) {
            return false;
        }
        rd_kafka_resp_err_t err =
            rd_kafka_query_watermark_offsets(ends->rk, ends->topic, ends->numbers ? ends->numbers[i] : i,
                                             &ends->low[i], &ends->end[i], ends->timeout_ms);
        if (err) {
            fail(ends, "end offsets", err);
            return false;
        }
    }
    return true;
}

static void *ask(void *arg)
{
    struct kafka_ends *ends = arg;
    int32_t count = ends->numbers ? ends->numbers_count : ask_partitions(ends);
    ends->answer.no_topic = count == 0;
    if (count == 0 || (count > 0 && ask_offsets(ends, count))) {
        ends->answer.ok = true;
        ends->answer.count = count;
        ends->answer.low = ends->low;
        ends->answer.end = ends->end;
    }
    static const uint64_t one = 1;
    ssize_t written = write(ends->fd, &one, sizeof(one));
    ASSERT(written == sizeof(one));
    return NULL;
}

static void on_asked(void *arg, unsigned events)
{
    (void)events;
    struct kafka_ends *ends = arg;
    loop_unwatch(ends->watch);
    ends->watch = NULL;
    ends->answered(ends->arg, &ends->answer);
}

static void free_ends(struct kafka_ends *ends)
{
    if (ends->fd >= 0) {
        close(ends->fd);
    }
    free(ends->topic);
    free(ends->numbers);
    free(ends->low);
    free(ends->end);
    free(ends);
}

static void copy_numbers(struct kafka_ends *ends, const int32_t *numbers, int32_t count)
{
    if (count == 0) {
        return;
    }
    ends->numbers = malloc((size_t)count * sizeof(*numbers));
    ASSERT(ends->numbers);
    memcpy(ends->numbers, numbers, (size_t)count * sizeof(*numbers));
    ends->numbers_count = count;
}

struct kafka_ends *kafka_ends_ask(struct loop *loop, rd_kafka_t *rk, const char *topic,
                                  const int32_t *numbers, int32_t numbers_count, int timeout_ms,
                                  ends_fn answered, void *arg)
{
    struct kafka_ends *ends = calloc(1, sizeof(*ends));
    ASSERT(ends);
    ends->rk = rk;
    copy_numbers(ends, numbers, numbers_count);
    ends->topic = strdup(topic);
    ASSERT(ends->topic);
    ends->timeout_ms = timeout_ms;
    ends->answered = answered;
    ends->arg = arg;
    ends->answer.error = "";
    ends->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ends->watch = ends->fd < 0 ? NULL : loop_watch(loop, ends->fd, LOOP_READABLE, on_asked, ends);
    if (!ends->watch || pthread_create(&ends->thread, NULL, ask, ends) != 0) {
        loop_unwatch(ends->watch);
        free_ends(ends);
        return NULL;
    }
    return ends;
}

void kafka_ends_free(struct kafka_ends *ends)
{
    if (!ends) {
        return;
    }
    atomic_store(&ends->abandoned, true);
    loop_unwatch(ends->watch);
    pthread_join(ends->thread, NULL);
    free_ends(ends);
}

struct burial {
    struct kafka_ends *ends;
    rd_kafka_topic_t *rkt;
    int32_t started;
    rd_kafka_t *rk;
};

static void *bury(void *arg)
{
    struct burial burial = *(struct burial *)arg;
    free(arg);
    if (burial.ends) {
        pthread_join(burial.ends->thread, NULL);
        free_ends(burial.ends);
    }
    for (int32_t i = 0; i < burial.started; i++) {
        rd_kafka_consume_stop(burial.rkt, i); /* fails for those not started, which is fine */
    }
    if (burial.rkt) {
        rd_kafka_topic_destroy(burial.rkt);
    }
    rd_kafka_destroy(burial.rk);
    return NULL;
}

void kafka_bury(struct kafka_ends *ends, rd_kafka_topic_t *rkt, int32_t started, rd_kafka_t *rk)
{
    struct burial *burial = malloc(sizeof(*burial));
    ASSERT(burial);
    *burial = (struct burial){ends, rkt, started, rk};
    if (ends) {
        atomic_store(&ends->abandoned, true);
        loop_unwatch(ends->watch);
        ends->watch = NULL;
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, bury, burial) == 0) {
        pthread_detach(thread);
    } else {
        bury(burial); /* no thread to be had: then here, and it blocks */
    }
}
