/* The lines as people and as programs read them. */
#include "common/sbuf.h"
#include "worker/check/report.h"

#include <string.h>

enum { JSON_MAX_BYTES = 16 << 20 };

static void sum(struct check_sums *sums, const struct check_line *line)
{
    if (line->accepted)
        sums->accepted++;
    else
        sums->states[line->state]++;
}

static void print_line(FILE *out, const struct check_line *line)
{
    fprintf(out, "%-8s%-19s %s%s%s%s\n", check_state_name(line->state), line->id, line->subject,
            line->subject[0] ? ": " : "", line->found, line->accepted ? " (accepted)" : "");
    if (line->state != CHECK_OK && line->mend[0])
        fprintf(out, "%-8s%-19s -> %s\n", "", "", line->mend);
}

void check_print_text(struct check_report *reports, size_t count, FILE *out, struct check_sums *sums)
{
    memset(sums, 0, sizeof *sums);
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&reports[i].lock);
        for (size_t j = 0; j < reports[i].count; j++) {
            print_line(out, &reports[i].lines[j]);
            sum(sums, &reports[i].lines[j]);
        }
        if (reports[i].dropped)
            fprintf(out, "%-8s%zu more lines left out\n", "", reports[i].dropped);
        sums->states[CHECK_UNKNOWN] += reports[i].dropped;
        pthread_mutex_unlock(&reports[i].lock);
    }
    fprintf(out, "\n%zu ok, %zu warn, %zu unknown, %zu FAIL", sums->states[CHECK_OK],
            sums->states[CHECK_WARN], sums->states[CHECK_UNKNOWN], sums->states[CHECK_FAIL]);
    if (sums->accepted)
        fprintf(out, ", %zu accepted", sums->accepted);
    fputs(check_passed(sums) ? ": this deployment is in order\n"
                             : ": see the lines with an arrow (--accept takes what is known and meant)\n",
          out);
}

static void json_line(struct sbuf *out, const struct check_line *line, bool first)
{
    sbuf_printf(out, "%s{\"state\":\"%s\"", first ? "" : ",",
                line->state == CHECK_FAIL ? "fail" : check_state_name(line->state));
    sbuf_put_json_member(out, "id", line->id);
    sbuf_put_json_member(out, "subject", line->subject);
    sbuf_put_json_member(out, "found", line->found);
    sbuf_put_json_member(out, "mend", line->state == CHECK_OK ? "" : line->mend);
    sbuf_printf(out, ",\"accepted\":%s}", line->accepted ? "true" : "false");
}

void check_print_json(struct check_report *reports, size_t count, FILE *out, struct check_sums *sums)
{
    struct sbuf text;
    bool first = true;

    sbuf_init(&text, JSON_MAX_BYTES);
    memset(sums, 0, sizeof *sums);
    sbuf_puts(&text, "{\"lines\":[");
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&reports[i].lock);
        for (size_t j = 0; j < reports[i].count; j++) {
            json_line(&text, &reports[i].lines[j], first);
            sum(sums, &reports[i].lines[j]);
            first = false;
        }
        sums->states[CHECK_UNKNOWN] += reports[i].dropped;
        pthread_mutex_unlock(&reports[i].lock);
    }
    sbuf_printf(&text,
                "],\"ok\":%zu,\"warn\":%zu,\"unknown\":%zu,\"fail\":%zu,\"accepted\":%zu,\"passed\":%s}\n",
                sums->states[CHECK_OK], sums->states[CHECK_WARN], sums->states[CHECK_UNKNOWN],
                sums->states[CHECK_FAIL], sums->accepted, check_passed(sums) ? "true" : "false");
    fputs(sbuf_str(&text), out);
    sbuf_free(&text);
}
