#include "tools/kit/audit.h"

#include "common/iso8601.h"
#include "common/redact.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { AUDIT_MAX_BYTES = 4 << 20, KEY_MAX_BYTES = 4096 };

static void put_text(struct sbuf *out, const char *name, const char *text)
{
    if (text)
        sbuf_put_json_member(out, name, text);
}

static void put_value(struct sbuf *out, const char *name, const char *json)
{
    if (json)
        sbuf_printf(out, ",\"%s\":%s", name, json);
}

void kit_audit_encode(const struct kit_audit *audit, struct sbuf *out)
{
    char at[ISO8601_TEXT_BYTES];

    iso8601_format_ms(audit->at_ms, at);
    sbuf_printf(out, "{\"at\":\"%s\"", at);
    put_text(out, "tool", audit->tool);
    put_text(out, "action", audit->action);
    put_text(out, "actor", audit->actor);
    put_text(out, "why", audit->why);
    put_text(out, "catalog", audit->catalog);
    put_text(out, "product_id", audit->product_id);
    put_text(out, "sku", audit->sku);
    put_text(out, "subject", audit->subject);
    put_value(out, "before", audit->before_json);
    put_value(out, "after", audit->after_json);
    sbuf_putc(out, '}');
    if (sbuf_ok(out))
        out->len = redact_bytes(out->data, out->len);
}

void kit_audit_key(const struct kit_audit *audit, struct sbuf *out)
{
    if (audit->subject)
        sbuf_puts(out, audit->subject);
    else if (audit->catalog && audit->product_id)
        sbuf_printf(out, "%s/%s", audit->catalog, audit->product_id);
    else
        sbuf_puts(out, audit->tool);
}

bool kit_audit_produce(rd_kafka_t *producer, const char *topic, const struct kit_audit *audit, void *opaque,
                       char error[KAFKA_ERROR_SIZE])
{
    struct sbuf key, value;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;

    sbuf_init(&key, KEY_MAX_BYTES);
    sbuf_init(&value, AUDIT_MAX_BYTES);
    kit_audit_key(audit, &key);
    kit_audit_encode(audit, &value);
    rd_kafka_header_add(headers, "content-type", -1, KIT_AUDIT_CONTENT_TYPE, -1);
    if (sbuf_ok(&key) && sbuf_ok(&value))
        err = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key.data, key.len),
                                RD_KAFKA_V_VALUE(value.data, value.len), RD_KAFKA_V_HEADERS(headers),
                                RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_END);
    if (err) {
        rd_kafka_headers_destroy(headers);
        snprintf(error, KAFKA_ERROR_SIZE, "topic %.249s: the audit record was not written: %s", topic,
                 rd_kafka_err2str(err));
    }
    sbuf_free(&key);
    sbuf_free(&value);
    return !err;
}
