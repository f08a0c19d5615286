#include "script.h"

#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void copy_text(char **to, const char *from)
{
    *to = from ? copy_str(from) : NULL;
}

void fault_copy(struct fault *to, const struct fault *from)
{
    *to = *from;
    copy_text(&to->message, from->message);
    copy_text(&to->type, from->type);
    copy_text(&to->user_title, from->user_title);
    copy_text(&to->user_message, from->user_message);
    copy_text(&to->error_data, from->error_data);
    copy_text(&to->body, from->body);
    copy_text(&to->content_type, from->content_type);
}

void fault_free(struct fault *f)
{
    free(f->message);
    free(f->type);
    free(f->user_title);
    free(f->user_message);
    free(f->error_data);
    free(f->body);
    free(f->content_type);
    *f = (struct fault){0};
}

static void rule_free(struct rule *r)
{
    free(r->retailer_id);
    free(r->catalog);
    fault_free(&r->fault);
}

static bool wrong(char *why, size_t why_size, const char *what, const char *name)
{
    snprintf(why, why_size, "%s '%.60s'", what, name);
    return false;
}

static bool read_whole(const cJSON *value, int64_t max, int64_t *out)
{
    if (!cJSON_IsNumber(value) || !(value->valuedouble >= 0 && value->valuedouble <= (double)max))
        return false;
    *out = (int64_t)value->valuedouble;
    return true;
}

static int kind_by_name(const char *name)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kind_names[i], name) == 0)
            return i;
    }
    return -1;
}

static int method_by_name(const char *name)
{
    return strcasecmp(name, "get") == 0      ? METHOD_GET
           : strcasecmp(name, "post") == 0   ? METHOD_POST
           : strcasecmp(name, "delete") == 0 ? METHOD_DELETE
                                             : -1;
}

static bool read_match(struct rule *r, const cJSON *match, char *why, size_t why_size)
{
    for (const cJSON *m = match ? match->child : NULL; m; m = m->next) {
        const char *text = cJSON_GetStringValue(m);
        int64_t number = 0;
        bool ok = true;
        if (strcmp(m->string, "kind") == 0)
            ok = text && (r->kind = kind_by_name(text)) >= 0;
        else if (strcmp(m->string, "method") == 0)
            ok = text && (r->method = method_by_name(text)) >= 0;
        else if (strcmp(m->string, "retailer_id") == 0 && text)
            copy_text(&r->retailer_id, text);
        else if (strcmp(m->string, "catalog") == 0 && text)
            copy_text(&r->catalog, text);
        else if (strcmp(m->string, "call_number") == 0)
            ok = read_whole(m, 1LL << 52, &number);
        else
            return wrong(why, why_size, "unknown or wrong member of match:", m->string);
        if (!ok)
            return wrong(why, why_size, "wrong value of match member", m->string);
        if (number)
            r->call_number = (uint64_t)number;
    }
    return true;
}

static bool read_fault_text(struct fault *f, const char *name, const cJSON *m)
{
    const struct {
        const char *name;
        char **to;
    } texts[] = {
        {"message", &f->message},           {"type", &f->type}, {"user_title", &f->user_title},
        {"user_message", &f->user_message}, {"body", &f->body}, {"content_type", &f->content_type},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i].name, name) == 0 && cJSON_IsString(m) && !*texts[i].to) {
            copy_text(texts[i].to, m->valuestring);
            return true;
        }
    }
    if (strcmp(name, "error_data") == 0 && !f->error_data) {
        char *printed = cJSON_PrintUnformatted(m);
        copy_text(&f->error_data, printed);
        cJSON_free(printed);
        return true;
    }
    return false;
}

static bool read_fault_number(struct fault *f, const char *name, const cJSON *m)
{
    const struct {
        const char *name;
        int *to;
        int max;
    } numbers[] = {
        {"status", &f->status, 599},
        {"code", &f->code, 99999999},
        {"subcode", &f->subcode, 99999999},
        {"regain_minutes", &f->regain_minutes, 100000},
    };
    int64_t v;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(numbers[i].name, name) == 0 && read_whole(m, numbers[i].max, &v)) {
            *numbers[i].to = (int)v;
            return true;
        }
    }
    return false;
}

static bool read_fault(struct fault *f, const cJSON *fault, char *why, size_t why_size)
{
    *f = (struct fault){.ms = -1, .is_transient = -1};
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fault, "kind"));
    f->kind = kind ? fault_by_name(kind) : FAULT_COUNT;
    if (f->kind == FAULT_COUNT)
        return wrong(why, why_size, "unknown fault kind", kind ? kind : "(none)");
    for (const cJSON *m = fault->child; m; m = m->next) {
        const char *name = m->string;
        bool ok = true;
        if (strcmp(name, "ms") == 0)
            ok = read_whole(m, 86400000, &f->ms);
        else if (strcmp(name, "is_transient") == 0 && cJSON_IsBool(m))
            f->is_transient = cJSON_IsTrue(m);
        else if (strcmp(name, "applied") == 0 && cJSON_IsBool(m))
            f->applied = cJSON_IsTrue(m);
        else if (strcmp(name, "kind") != 0)
            ok = read_fault_number(f, name, m) || read_fault_text(f, name, m);
        if (!ok)
            return wrong(why, why_size, "unknown or wrong member of fault:", name);
    }
    if (f->status && f->status < 200)
        return wrong(why, why_size, "HTTP status below 200 in", "status");
    return true;
}

static bool read_rule(struct rule *r, const cJSON *from, char *why, size_t why_size)
{
    *r = (struct rule){.kind = -1, .method = -1, .times = 1};
    for (const cJSON *m = from->child; m; m = m->next) {
        if (strcmp(m->string, "match") != 0 && strcmp(m->string, "fault") != 0 &&
            strcmp(m->string, "times") != 0)
            return wrong(why, why_size, "unknown member of a rule:", m->string);
    }
    const cJSON *times = cJSON_GetObjectItemCaseSensitive(from, "times");
    if (times && (!read_whole(times, 1LL << 52, &r->times) || r->times == 0))
        return wrong(why, why_size, "not a positive number:", "times");
    const cJSON *match = cJSON_GetObjectItemCaseSensitive(from, "match");
    if (match && !cJSON_IsObject(match))
        return wrong(why, why_size, "not an object:", "match");
    return read_match(r, match, why, why_size) &&
           read_fault(&r->fault, cJSON_GetObjectItemCaseSensitive(from, "fault"), why, why_size);
}

bool script_add(struct script *s, const cJSON *plan, char *why, size_t why_size)
{
    const cJSON *list = cJSON_IsObject(plan) ? cJSON_GetObjectItemCaseSensitive(plan, "rules") : plan;
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;
    if (count < 0)
        return wrong(why, why_size, "expected an array of rules, or an object with", "rules");
    if (count > SCRIPT_MAX - s->count)
        return wrong(why, why_size, "too many rules", "rules");
    struct rule *rules = zalloc((size_t)s->count + (size_t)count, sizeof *rules);
    char reason[128];
    int read = 0;
    for (const cJSON *one = list->child; one; one = one->next, read++) {
        if (read_rule(&rules[s->count + read], one, reason, sizeof reason))
            continue;
        snprintf(why, why_size, "rule %d: %s", read + 1, reason);
        for (int i = 0; i <= read; i++)
            rule_free(&rules[s->count + i]);
        free(rules);
        return false;
    }
    if (s->count)
        memcpy(rules, s->rules, (size_t)s->count * sizeof *rules);
    free(s->rules);
    s->rules = rules;
    s->count += count;
    return true;
}

/* Whether the call names the retailer id, itself or in an entry; the number it has there. */
static bool named_number(const struct call *call, const char *retailer_id, uint64_t *number)
{
    if (call->batch) {
        const struct batch_entry *entry = batch_find(call->batch, retailer_id);
        if (entry)
            *number = entry->number;
        return entry != NULL;
    }
    *number = call->number;
    return call->subject && strcmp(call->subject->retailer_id, retailer_id) == 0;
}

static bool matches(const struct rule *r, const struct call *call)
{
    if (r->times == 0 || r->fault.kind == FAULT_ENTRY || (r->kind >= 0 && r->kind != (int)call->kind) ||
        (r->method >= 0 && r->method != (int)call->method))
        return false;
    uint64_t number = call->ordinal;
    if (r->retailer_id && !named_number(call, r->retailer_id, &number))
        return false;
    if (r->catalog && (!call->catalog || strcmp(call->catalog->id, r->catalog) != 0))
        return false;
    return r->call_number == 0 || r->call_number == number;
}

static const struct fault *use(struct rule *r)
{
    r->times--;
    r->hits++;
    return &r->fault;
}

const struct fault *script_match(struct script *s, const struct call *call)
{
    for (int i = 0; i < s->count; i++) {
        if (matches(&s->rules[i], call))
            return use(&s->rules[i]);
    }
    return NULL;
}

const struct fault *script_match_entry(struct script *s, const struct batch *batch,
                                       const struct batch_entry *entry)
{
    for (int i = 0; i < s->count; i++) {
        struct rule *r = &s->rules[i];
        if (r->times == 0 || r->fault.kind != FAULT_ENTRY ||
            (r->retailer_id && strcmp(r->retailer_id, entry->retailer_id) != 0) ||
            (r->catalog && strcmp(r->catalog, batch->catalog->id) != 0) ||
            (r->call_number && r->call_number != entry->number))
            continue;
        return use(r);
    }
    return NULL;
}

void script_json(const struct script *s, struct text *out)
{
    text_str(out, "{\"rules\":[");
    for (int i = 0; i < s->count; i++)
        text_fmt(out, "%s{\"fault\":\"%s\",\"hits\":%llu,\"times_left\":%lld}", i ? "," : "",
                 fault_defs[s->rules[i].fault.kind].name, (unsigned long long)s->rules[i].hits,
                 (long long)s->rules[i].times);
    text_str(out, "]}");
}

void script_clear(struct script *s)
{
    for (int i = 0; i < s->count; i++)
        rule_free(&s->rules[i]);
    free(s->rules);
    *s = (struct script){0};
}
