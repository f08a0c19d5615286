#!/usr/bin/env python3
"""Whether the programs of a root trust the authorities that the root holds, and no others: Kafka's, Redis' and the API's client, each
by its own library. Told as rooted.py is; mounts another bundle over the root's, so only in mounts of one's own (bare-root).

    rooted_tls.py FOLDER ROOT
"""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import paths  # noqa: E402
import procs  # noqa: E402
import workerctl  # noqa: E402

REFUSED = "certificate verify failed"  # OpenSSL's words, which librdkafka passes on


class Servers:
    """A Redis, and something that speaks TLS and no more, with a certificate of an authority nobody knows."""

    def __init__(self, home):
        self.home = home
        self.certificate, self.key = os.path.join(home, "certificate.pem"), os.path.join(home, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key, "-out", self.certificate, "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        self.plain, self.redis = procs.free_port(), procs.free_port()
        self.running = [
            self.start("s_server", ["openssl", "s_server", "-accept", self.plain, "-cert", self.certificate, "-key", self.key, "-www"]),
            self.start("redis", ["redis-server", "--port", 0, "--tls-port", self.redis, "--tls-cert-file", self.certificate, "--tls-key-file",
                                 self.key, "--tls-ca-cert-file", self.certificate, "--tls-auth-clients", "no", "--dir", home])]

    def start(self, name, command):
        return procs.Process(name, command, os.path.join(self.home, name + ".log")).start()

    def settings(self):
        token = os.path.join(self.home, "token")
        with open(token, "w") as out:
            out.write("EAAtoken\n")
        return dict(workerctl.FAST, **{
            "kafka.bootstrap.servers": "127.0.0.1:%d" % self.plain, "kafka.security.protocol": "ssl", "catalog.token.file": token,
            "redis.url": "rediss://127.0.0.1:%d/0" % self.redis, "catalog.base.url": "https://127.0.0.1:%d" % self.plain})

    def stop(self):
        for process in self.running:
            process.stop()


def look(servers, name):
    """What --check says of Redis and the API, and the worker's log of Kafka."""
    path = os.path.join(servers.home, name + ".properties")
    with open(path, "w") as out:
        out.write("".join("%s=%s\n" % pair for pair in sorted(servers.settings().items())))
    command = [paths.program("catalog-worker"), "--config", path]
    check = subprocess.run(command + ["--check"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=90).stdout.decode()
    worker = servers.start(name, command)
    procs.wait_until(lambda: "librdkafka" in worker.log_text(), 60, worker.log_tail)
    worker.stop(20)
    line = {words[1]: text for text in check.splitlines() for words in [text.split()] if len(words) > 2}
    return line["redis.reach"].startswith("ok"), "HTTP 200" in line["catalog.read"], REFUSED not in worker.log_text(), check + worker.log_tail()


def main():
    home, root = sys.argv[1:]
    os.makedirs(home)
    servers = Servers(home)
    try:
        *trusted, said = look(servers, "stranger")
        assert not any(trusted), said
        bundle, more = os.path.join(root, "etc/ssl/certs/ca-certificates.crt"), os.path.join(home, "bundle")
        shutil.copyfile(bundle, more)
        with open(servers.certificate) as certificate, open(more, "a") as out:
            out.write(certificate.read())
        subprocess.run(["mount", "--bind", more, bundle], check=True)
        *trusted, said = look(servers, "known")
        assert all(trusted), said
    finally:
        servers.stop()
    print("rooted_tls: %s trusts what its bundle holds, and nothing else" % root)


if __name__ == "__main__":
    main()
