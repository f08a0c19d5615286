#include "worker/adapters/redis_tls.h"

#include <stdio.h>

#ifdef CATALOG_SYNC_REDIS_TLS

#include "worker/adapters/redis_resolve.h"

#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* hiredis' own contexts verify the certificate but not the host's name, so that the context is made here. */
static SSL_CTX *context(struct redis_tls *tls)
{
    return (SSL_CTX *)(void *)tls;
}

struct redis_tls *redis_tls_new(const char *ca_file, char *error, size_t error_size)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int ok;

    if (!ctx) {
        snprintf(error, error_size, "redis.url: the TLS library refuses a context");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    ok = ca_file ? SSL_CTX_load_verify_locations(ctx, ca_file, NULL) : SSL_CTX_set_default_verify_paths(ctx);
    if (ok != 1) {
        snprintf(error, error_size, "tls.ca.file: no certificate can be read from %s (PEM is needed)",
                 ca_file ? ca_file : "the system's store");
        ERR_clear_error();
        SSL_CTX_free(ctx);
        return NULL;
    }
    return (struct redis_tls *)(void *)ctx;
}

void redis_tls_free(struct redis_tls *tls)
{
    if (tls)
        SSL_CTX_free(context(tls));
}

bool redis_tls_start(struct redis_tls *tls, redisContext *connection, const char *host, char *error,
                     size_t error_size)
{
    SSL *ssl = SSL_new(context(tls));
    int ok;

    if (!ssl) {
        snprintf(error, error_size, "the TLS library refuses a connection");
        return false;
    }
    if (redis_resolve_is_numeric(host))
        ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
    else
        ok = SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
    if (ok != 1) {
        SSL_free(ssl);
        snprintf(error, error_size, "the TLS library refuses the host's name");
        return false;
    }
    if (redisInitiateSSL(connection, ssl) != REDIS_OK) { /* it owns ssl only if this succeeds */
        snprintf(error, error_size, "%s", connection->errstr);
        SSL_free(ssl);
        return false;
    }
    return true;
}

#else

struct redis_tls *redis_tls_new(const char *ca_file, char *error, size_t error_size)
{
    (void)ca_file;
    snprintf(error, error_size,
             "redis.url: rediss:// needs TLS, and this program was built with a hiredis without it; "
             "build where libhiredis has hiredis_ssl (Debian 13), or use redis:// on a network that "
             "you trust");
    return NULL;
}

void redis_tls_free(struct redis_tls *tls)
{
    (void)tls;
}

bool redis_tls_start(struct redis_tls *tls, redisContext *connection, const char *host, char *error,
                     size_t error_size)
{
    (void)tls;
    (void)connection;
    (void)host;
    snprintf(error, error_size, "built without TLS");
    return false;
}

#endif
