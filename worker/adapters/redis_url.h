/* The address of a Redis server, from redis.url: redis://[user[:password]@]host[:port][/db], rediss:// for
 * TLS, or redis+unix:///path[?db=N] (unix:// is the same). User and password are percent-decoded. */
#ifndef ADAPTERS_REDIS_URL_H
#define ADAPTERS_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>

enum { REDIS_URL_MAX = 2048, REDIS_HOST_MAX = 255, REDIS_PATH_MAX = 107, REDIS_DB_MAX = 65535 };

struct redis_url {
    bool tls;
    char host[REDIS_HOST_MAX + 1]; /* empty: path is set */
    char path[REDIS_PATH_MAX + 1]; /* of a unix socket; as long as sockaddr_un allows */
    int port, db;
    char user[256], password[1024]; /* empty: none */
};

/* Reads text. Returns false and a message in error[error_size], never quoting user or password, if it is no
 * such address. */
bool redis_url_parse(const char *text, struct redis_url *url, char *error, size_t error_size);

/* How the server is named to people, without user and password: host:port/db or the path. */
void redis_url_show(const struct redis_url *url, char *out, size_t out_size);

#endif
