/* Secrets in files: looked at once a second, and put in force when they change. */
#include "common/log.h"
#include "worker/runtime/reactor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_US = 1000 * 1000 };

static bool set_credentials(struct reactor *r, size_t i)
{
    if (r->settings.core.plan_only) /* no call is made, so nobody needs them */
        return true;
    return http_api_set_credentials(r->apis[i], 0, r->tokens[i].value, r->app_secrets[i].value);
}

static bool copy_secret(const struct config_secret *from, struct config_secret *to)
{
    *to = *from;
    to->value = from->value ? strdup(from->value) : NULL;
    to->file = from->file ? strdup(from->file) : NULL;
    return (!from->value || to->value) && (!from->file || to->file);
}

bool credentials_open(struct reactor *r, char *error, size_t error_size)
{
    r->tokens = calloc(r->config->catalog_count, sizeof *r->tokens);
    r->app_secrets = calloc(r->config->catalog_count, sizeof *r->app_secrets);
    if (!r->tokens || !r->app_secrets || !copy_secret(&r->config->redis_password, &r->redis_password))
        return false;
    for (size_t i = 0; i < r->config->catalog_count; i++) {
        const struct config_catalog *catalog = &r->config->catalogs[i];

        if (!copy_secret(&catalog->token, &r->tokens[i]) ||
            !copy_secret(&catalog->app_secret, &r->app_secrets[i]))
            return false;
        if (!set_credentials(r, i)) {
            snprintf(
                error, error_size,
                "the token of catalog %s cannot stand in a header: it is empty, too long, or holds control "
                "characters",
                catalog->name);
            return false;
        }
    }
    return true;
}

static bool refreshed(struct config_secret *secret, const char *what, const char *catalog)
{
    char why[512];
    int changed = config_secret_refresh(secret, why, sizeof why);

    if (changed < 0)
        log_warn_limited("a secret's file cannot be read, the old value stays", log_str("secret", what),
                         log_str("catalog", catalog), log_str("error", why));
    return changed > 0;
}

void credentials_look(struct reactor *r)
{
    usec_t now_us = loop_now_us(r->loop);

    if (now_us < r->credentials_due_us)
        return;
    r->credentials_due_us = now_us + LOOK_US;
    if (refreshed(&r->redis_password, "redis.password", NULL)) {
        log_info("the password for redis changed: it is used from the next connection on");
        redis_store_set_password(r->store, r->redis_password.value);
    }
    for (size_t i = 0; i < r->config->catalog_count; i++) {
        const char *name = r->config->catalogs[i].name;
        bool token = refreshed(&r->tokens[i], "token", name);
        bool secret = refreshed(&r->app_secrets[i], "app.secret", name);
        struct input in = {.type = IN_CREDENTIALS, .u.credentials.catalog = (uint8_t)i};

        if (!token && !secret)
            continue;
        if (!set_credentials(r, i)) {
            log_error("the new token cannot stand in a header, the old one stays", log_str("catalog", name));
            continue;
        }
        log_info("credentials changed", log_str("catalog", name));
        reactor_input(r, &in);
    }
}

static void forget(struct config_secret *secrets, size_t count)
{
    for (size_t i = 0; secrets && i < count; i++) {
        if (secrets[i].value)
            explicit_bzero(secrets[i].value, strlen(secrets[i].value));
        free(secrets[i].value);
        free(secrets[i].file);
    }
}

void credentials_close(struct reactor *r)
{
    forget(r->tokens, r->config->catalog_count);
    forget(r->app_secrets, r->config->catalog_count);
    forget(&r->redis_password, 1);
    free(r->tokens);
    free(r->app_secrets);
}
