/* The floor that tests/bench/run measures the worker against: what the three libraries themselves cost an
 * event. One thread, one epoll; a record in, one script in Redis, one POST, one more script, one record out
 * with its delivery report. Nothing is parsed, decided, retried, leased, logged or checked: it promises
 * nothing. Sizes on the wire are the worker's own, given by the caller.
 *
 *   bench_floor BOOTSTRAP GROUP TOPIC_IN TOPIC_OUT REDIS_PORT URL IN_FLIGHT
 *
 * Runs until SIGTERM; "ready" on standard output once Redis is connected and the topic assigned. */
#include "floor_http.h"

#include <fcntl.h>
#include <hiredis/async.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* As catalog-worker has them for an event of 700 bytes. */
enum {
    RESULT_BYTES = 696,
    MEMORY_BYTES = 231,
    BODY_BYTES = 573,
    CLAIM_ARG_BYTES = 420,
    SETTLE_ARG_BYTES = 620
};
enum { BATCH = 64 };

struct job {
    rd_kafka_message_t *message;
    struct transfer *transfer;
    struct job *next;
};

struct client {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
};

static struct {
    int epoll, signals;
    unsigned inflight, inflight_max;
    struct client source, sink;
    redisAsyncContext *redis;
    bool redis_writes, ready;
    char *claim, *settle;
    size_t claim_size, settle_size;
    const char *topic_out;
    struct job *free;
    unsigned long serial;
} self;

_Noreturn static void die(const char *what)
{
    fprintf(stderr, "bench_floor: %s\n", what);
    exit(1);
}

static void watch(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(self.epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
}

/* ---- Kafka ---- */

static rd_kafka_conf_t *conf_new(const char *const *pairs)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char error[256];

    for (; *pairs; pairs += 2) {
        if (rd_kafka_conf_set(conf, pairs[0], pairs[1], error, sizeof error) != RD_KAFKA_CONF_OK)
            die(error);
    }
    return conf;
}

static void client_open(struct client *client, rd_kafka_type_t type, const char *const *pairs, int events)
{
    static const uint64_t one = 1;
    rd_kafka_conf_t *conf = conf_new(pairs);
    char error[256];

    rd_kafka_conf_set_events(conf, events);
    client->rk = rd_kafka_new(type, conf, error, sizeof error);
    if (!client->rk)
        die(error);
    client->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    client->queue = type == RD_KAFKA_CONSUMER ? rd_kafka_queue_get_consumer(client->rk)
                                              : rd_kafka_queue_get_main(client->rk);
    rd_kafka_queue_io_event_enable(client->queue, client->fd, &one, sizeof one);
    watch(client->fd, EPOLLIN);
}

static void publish(struct job *job)
{
    static char value[RESULT_BYTES], memory[MEMORY_BYTES];
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    rd_kafka_vu_t args[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = self.topic_out},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = job},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {job->message->key, job->message->key_len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {value, sizeof value}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };

    rd_kafka_header_add(headers, "content-type", -1, "application/cloudevents+json", -1);
    rd_kafka_header_add(headers, "catalog-sync-memory", -1, memory, sizeof memory);
    if (rd_kafka_produceva(self.sink.rk, args, sizeof args / sizeof *args))
        die("produce");
}

static void delivered(void)
{
    rd_kafka_event_t *event;

    while ((event = rd_kafka_queue_poll(self.sink.queue, 0))) {
        const rd_kafka_message_t *message;

        while (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR &&
               (message = rd_kafka_event_message_next(event))) {
            struct job *job = message->_private;

            if (message->err)
                die("not delivered");
            rd_kafka_message_destroy(job->message);
            job->next = self.free;
            self.free = job;
            self.inflight--;
        }
        rd_kafka_event_destroy(event);
    }
}

/* ---- Redis ---- */

static void on_settled(redisAsyncContext *redis, void *reply, void *arg)
{
    (void)redis;
    if (!reply)
        die("redis is gone");
    publish(arg);
}

static void on_posted(void *arg)
{
    struct job *job = arg;

    redisAsyncFormattedCommand(self.redis, on_settled, job, self.settle, self.settle_size);
}

static void on_claimed(redisAsyncContext *redis, void *reply, void *arg)
{
    struct job *job = arg;

    (void)redis;
    if (!reply)
        die("redis is gone");
    job->transfer->body_size = BODY_BYTES;
    floor_post(job->transfer, self.serial++, on_posted, job);
}

static void add_write(void *arg)
{
    (void)arg;
    self.redis_writes = true; /* written at the end of the turn, all at once */
}

static void nothing(void *arg)
{
    (void)arg;
}

/* Formats EVALSHA with one key and one argument of this size: hiredis answers what the script returns. */
static char *script_load(const char *text, size_t arg_size, int port, size_t *size)
{
    redisContext *redis = redisConnect("127.0.0.1", port);
    redisReply *reply = redis && !redis->err ? redisCommand(redis, "SCRIPT LOAD %s", text) : NULL;
    char *arg = malloc(arg_size), *command = NULL;

    if (!reply || reply->type != REDIS_REPLY_STRING || !arg)
        die("redis cannot be used");
    memset(arg, 'x', arg_size);
    *size = (size_t)redisFormatCommand(&command, "EVALSHA %s 1 {floor}:key %b", reply->str, arg, arg_size);
    free(arg);
    freeReplyObject(reply);
    redisFree(redis);
    return command;
}

static void redis_open(int port)
{
    self.claim = script_load("return {1,'1732300000123456','0001','','','','1234567890',1,2}",
                             CLAIM_ARG_BYTES, port, &self.claim_size);
    self.settle = script_load("return {1,1}", SETTLE_ARG_BYTES, port, &self.settle_size);
    self.redis = redisAsyncConnect("127.0.0.1", port);
    if (!self.redis || self.redis->err)
        die("redis cannot be used");
    self.redis->ev.addWrite = add_write;
    self.redis->ev.addRead = self.redis->ev.delRead = self.redis->ev.delWrite = nothing;
    watch(self.redis->c.fd, EPOLLIN);
    redisAsyncHandleWrite(self.redis); /* finishes the connect; loopback connects at once */
}

/* ---- the loop ---- */

static struct job *job_new(rd_kafka_message_t *message)
{
    struct job *job = self.free;

    if (job) {
        self.free = job->next;
    } else {
        job = calloc(1, sizeof *job);
        if (!job || !(job->transfer = floor_transfer_new()))
            die("out of memory");
    }
    job->message = message;
    return job;
}

static void consume(void)
{
    rd_kafka_message_t *messages[BATCH];
    ssize_t count;

    do {
        size_t room = self.inflight_max - self.inflight;

        if (room == 0)
            return;
        count = rd_kafka_consume_batch_queue(self.source.queue, 0, messages, room < BATCH ? room : BATCH);
        for (ssize_t i = 0; i < count; i++) {
            if (messages[i]->err) {
                rd_kafka_message_destroy(messages[i]);
                continue;
            }
            self.inflight++;
            redisAsyncFormattedCommand(self.redis, on_claimed, job_new(messages[i]), self.claim,
                                       self.claim_size);
        }
    } while (count > 0);
}

static void say_ready(void)
{
    rd_kafka_topic_partition_list_t *list = NULL;

    if (self.ready || rd_kafka_assignment(self.source.rk, &list) || !list)
        return;
    self.ready = list->cnt > 0;
    rd_kafka_topic_partition_list_destroy(list);
    if (self.ready) {
        puts("ready");
        fflush(stdout);
    }
}

static bool turn(void)
{
    struct epoll_event events[256];
    uint64_t count;
    int n;

    if (self.redis_writes) {
        self.redis_writes = false;
        redisAsyncHandleWrite(self.redis);
    }
    n = epoll_wait(self.epoll, events, 256, floor_http_wait_ms(self.ready ? 1000 : 50));
    for (int i = 0; i < n; i++) {
        int fd = events[i].data.fd;

        if (fd == self.signals)
            return false;
        if (fd == self.redis->c.fd)
            redisAsyncHandleRead(self.redis);
        else if (fd != self.source.fd && fd != self.sink.fd)
            floor_http_ready(fd, events[i].events);
        else if (read(fd, &count, sizeof count) < 0)
            continue;
        else if (fd == self.sink.fd)
            delivered();
    }
    floor_http_turn();
    consume();
    say_ready();
    return true;
}

static int watch_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);

    if (argc != 8)
        die("BOOTSTRAP GROUP TOPIC_IN TOPIC_OUT REDIS_PORT URL IN_FLIGHT");
    signal(SIGPIPE, SIG_IGN);
    self.signals = watch_signals();
    self.epoll = epoll_create1(EPOLL_CLOEXEC);
    self.topic_out = argv[4];
    self.inflight_max = (unsigned)strtoul(argv[7], NULL, 10);
    watch(self.signals, EPOLLIN);
    floor_http_open(self.epoll, argv[6], self.inflight_max);
    redis_open((int)strtol(argv[5], NULL, 10));
    client_open(&self.sink, RD_KAFKA_PRODUCER,
                (const char *const[]){"bootstrap.servers", argv[1], "enable.idempotence", "true", "linger.ms",
                                      "2", NULL},
                RD_KAFKA_EVENT_DR);
    client_open(&self.source, RD_KAFKA_CONSUMER,
                (const char *const[]){"bootstrap.servers", argv[1], "group.id", argv[2], "auto.offset.reset",
                                      "earliest", "queued.max.messages.kbytes", "8192", NULL},
                0);
    rd_kafka_topic_partition_list_add(topics, argv[3], RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(self.source.rk, topics))
        die("subscribe");
    while (turn())
        ;
    rd_kafka_topic_partition_list_destroy(topics);
    return 0; /* a benchmark's process: what it holds goes with it */
}
