#include "tests/support/redis_server.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OPTIONS_MAX = 16, ARGS_MAX = 64, START_TRIES = 500 };

struct redis_server {
    char dir[64], socket[96], url[128], dump[96];
    char *options[OPTIONS_MAX + 1];
    char port[8];
    pid_t pid;
    int fd; /* of the asking connection; -1: none */
    FILE *in;
    char *answer;
    size_t answer_size;
};

static void die(const char *what)
{
    fprintf(stderr, "tests: redis-server: %s\n", what);
    abort();
}

static void pause_ms(long ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&ts, NULL);
}

int redis_server_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        die("no free port");
    close(fd);
    return ntohs(address.sin_port);
}

static bool try_connect(struct redis_server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    server->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", server->socket);
    if (connect(server->fd, (struct sockaddr *)&address, sizeof address) == 0) {
        server->in = fdopen(dup(server->fd), "r");
        return true;
    }
    close(server->fd);
    server->fd = -1;
    return false;
}

static void disconnect(struct redis_server *server)
{
    if (server->fd < 0)
        return;
    fclose(server->in);
    close(server->fd);
    server->fd = -1;
}

static void run(struct redis_server *server)
{
    char *args[ARGS_MAX] = {(char[]){"redis-server"},
                            (char[]){"--dir"},
                            server->dir,
                            (char[]){"--port"},
                            server->port,
                            (char[]){"--bind"},
                            (char[]){"127.0.0.1"},
                            (char[]){"--save"},
                            (char[]){""},
                            (char[]){"--logfile"},
                            (char[]){"log"},
                            (char[]){"--unixsocket"},
                            server->socket,
                            (char[]){"--daemonize"},
                            (char[]){"no"}};
    size_t count = 15;

    for (size_t i = 0; server->options[i]; i++)
        args[count++] = server->options[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(args[0], args);
    _exit(127);
}

static void spawn(struct redis_server *server)
{
    unlink(server->socket);
    server->pid = fork();
    if (server->pid < 0)
        die("fork failed");
    if (server->pid == 0)
        run(server);
    for (int i = 0; i < START_TRIES; i++) {
        if (try_connect(server)) {
            /* Answers of a server that is still loading begin with -LOADING. */
            if (strncmp(redis_server_ask(server, "PING", NULL), "-LOADING", 8) != 0)
                return;
            disconnect(server);
        }
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid)
            die("it ended at start (is the package redis-server installed?)");
        pause_ms(10);
    }
    die("it does not answer");
}

struct redis_server *redis_server_start(const char *const *options)
{
    struct redis_server *server = calloc(1, sizeof *server);
    const char *tmp = getenv("TMPDIR");

    if (!server)
        die("no memory");
    snprintf(server->dir, sizeof server->dir, "%.40s/redis-test-XXXXXX",
             tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    if (!mkdtemp(server->dir))
        die("no temporary directory");
    snprintf(server->socket, sizeof server->socket, "%s/socket", server->dir);
    snprintf(server->dump, sizeof server->dump, "%s/dump.rdb", server->dir);
    snprintf(server->url, sizeof server->url, "redis+unix://%s", server->socket);
    snprintf(server->port, sizeof server->port, "%d", redis_server_free_port());
    for (size_t i = 0; options && options[i]; i++) {
        if (i == OPTIONS_MAX || !(server->options[i] = strdup(options[i])))
            die("too many options");
    }
    server->fd = -1;
    spawn(server);
    return server;
}

void redis_server_kill(struct redis_server *server)
{
    disconnect(server);
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void redis_server_again(struct redis_server *server, bool with_data)
{
    if (!with_data)
        unlink(server->dump);
    spawn(server);
}

void redis_server_stop(struct redis_server *server)
{
    kill(server->pid, SIGSTOP);
}

void redis_server_continue(struct redis_server *server)
{
    kill(server->pid, SIGCONT);
}

void redis_server_free(struct redis_server *server)
{
    static const char *const files[] = {"socket", "dump.rdb", "log"};
    char path[128];

    if (!server)
        return;
    redis_server_kill(server);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", server->dir, files[i]);
        unlink(path);
    }
    rmdir(server->dir);
    for (size_t i = 0; server->options[i]; i++)
        free(server->options[i]);
    free(server->answer);
    free(server);
}

const char *redis_server_url(const struct redis_server *server)
{
    return server->url;
}

const char *redis_server_path(const struct redis_server *server)
{
    return server->socket;
}

int redis_server_port(const struct redis_server *server)
{
    return (int)strtol(server->port, NULL, 10);
}

static void read_reply(struct redis_server *server, FILE *out)
{
    char line[512];
    long len;

    if (!fgets(line, sizeof line, server->in))
        die("no answer");
    line[strcspn(line, "\r\n")] = '\0';
    len = strtol(line + 1, NULL, 10);
    switch (line[0]) {
    case '-': fputs(line, out); return;
    case '+':
    case ':': fputs(line + 1, out); return;
    case '*':
        for (long i = 0; i < len; i++) {
            if (i > 0)
                fputc('\n', out);
            read_reply(server, out);
        }
        return;
    default: break;
    }
    if (len < 0) {
        fputs("(nil)", out);
        return;
    }
    for (long i = 0; i < len + 2; i++) {
        int c = fgetc(server->in);

        if (i < len)
            fputc(c, out);
    }
}

const char *redis_server_ask(struct redis_server *server, const char *word, ...)
{
    const char *words[ARGS_MAX];
    size_t count = 0;
    FILE *out;
    va_list list;

    va_start(list, word);
    for (; word && count < ARGS_MAX; word = va_arg(list, const char *))
        words[count++] = word;
    va_end(list);
    if (server->fd < 0 && !try_connect(server))
        die("cannot connect");
    dprintf(server->fd, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        dprintf(server->fd, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
    free(server->answer);
    out = open_memstream(&server->answer, &server->answer_size);
    read_reply(server, out);
    fclose(out);
    return server->answer;
}
