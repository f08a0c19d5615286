#include "history.h"

#include "visible.h"

#include "common/jsonmend.h"
#include "tools/kit/topic.h"

#include <stdio.h>
#include <string.h>

enum { SUBJECT_MAX = 2048, KEY_CHARS = 400 };

struct search {
    struct history *out;
    const char *subject;
    size_t subject_len;
};

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void describe(const cJSON *after, struct history_entry *entry)
{
    const char *topic = jsonmend_string(after, "topic");

    if (!topic)
        return;
    snprintf(entry->detail, sizeof entry->detail, "to %.100s, replay %lld%s", topic,
             jsonmend_integer(after, "replays", 0, LETTER_REPLAYS_MAX + 1, 0),
             cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(after, "edited")) ? ", edited" : "");
}

static void add(struct history *out, const cJSON *record)
{
    struct history_entry *entry;

    if (out->count == HISTORY_MAX) {
        memmove(out->list, out->list + 1, (HISTORY_MAX - 1) * sizeof *out->list);
        out->count--;
        out->more++;
    }
    entry = &out->list[out->count++];
    memset(entry, 0, sizeof *entry);
    copy(entry->at, sizeof entry->at, jsonmend_string(record, "at"));
    copy(entry->action, sizeof entry->action, jsonmend_string(record, "action"));
    copy(entry->actor, sizeof entry->actor, jsonmend_string(record, "actor"));
    copy(entry->why, sizeof entry->why, jsonmend_string(record, "why"));
    describe(cJSON_GetObjectItemCaseSensitive(record, "after"), entry);
}

static bool on_record(void *arg, const rd_kafka_message_t *message)
{
    struct search *search = arg;
    cJSON *record;

    if (message->key_len != search->subject_len || !message->payload ||
        memcmp(message->key, search->subject, search->subject_len) != 0)
        return true;
    record = jsonmend_parse(message->payload, message->len);
    if (cJSON_IsObject(record))
        add(search->out, record);
    cJSON_Delete(record);
    return true;
}

bool history_read(rd_kafka_t *reader, const struct config *config, const struct letter *letter,
                  struct history *out, char error[KAFKA_ERROR_SIZE])
{
    struct search search = {.out = out};
    struct kit_scan scan = {.topic = config->topic_audit, .on_record = on_record, .arg = &search};
    struct sbuf subject;
    bool ok;

    *out = (struct history){.count = 0};
    sbuf_init(&subject, SUBJECT_MAX);
    visible_put(&subject, letter->key.ptr, letter->key.ptr ? letter->key.len : 0, KEY_CHARS);
    search.subject = sbuf_str(&subject);
    search.subject_len = subject.len;
    ok = kit_topic_scan(reader, &scan, error);
    sbuf_free(&subject);
    return ok;
}
