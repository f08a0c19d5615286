"""A private PostgreSQL (Debian's) on a unix socket, for the Django example: no port, no password, gone with the tests."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile

import procs

OWNER = "postgres"  # PostgreSQL refuses to run as root; Debian's package makes this user


def binary(name):
    """Debian keeps the server's programs out of the path, by version."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/" + name), key=lambda path: int(path.split("/")[4]))
    path = found[-1] if found else shutil.which(name)
    if not path:
        raise FileNotFoundError("%s is not installed: deploy/lib/packages.sh test" % name)
    return path


class PrivatePostgres:
    def __init__(self):
        # Short, since the socket's path may have 107 bytes; and outside pytest's folder, which only its owner may enter.
        self.home = tempfile.mkdtemp(prefix="catalog-sync-pg-")
        self.data, self.log = os.path.join(self.home, "data"), os.path.join(self.home, "postgres.log")
        self.process = None
        self.as_owner = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam(OWNER)
            os.chown(self.home, owner.pw_uid, owner.pw_gid)
            self.as_owner = ["setpriv", "--reuid", OWNER, "--regid", OWNER, "--clear-groups", "--pdeathsig", "KILL"]

    @property
    def environment(self):
        return {"PGHOST": self.home, "PGUSER": "shop", "PGDATABASE": "postgres"}

    def start(self):
        subprocess.run(self.as_owner + [binary("initdb"), "-D", self.data, "-U", "shop", "-A", "trust", "--no-sync", "-E", "UTF8",
                                        "--locale=C"], check=True, cwd=self.home, stdout=subprocess.DEVNULL)
        settings = {"listen_addresses": "", "unix_socket_directories": self.home, "fsync": "off", "max_connections": 40,
                    "shared_buffers": "16MB", "timezone": "UTC"}
        command = self.as_owner + [binary("postgres"), "-D", self.data]
        for name, value in settings.items():
            command += ["-c", "%s=%s" % (name, value)]
        self.process = procs.Process("postgres", command, self.log, cwd=self.home).start()

        def ready():
            if not self.process.running():
                raise RuntimeError("postgres ended at once\n" + self.process.log_tail())
            return subprocess.run([binary("pg_isready"), "-q", "-h", self.home]).returncode == 0

        procs.wait_until(ready, 60, lambda: "PostgreSQL answers\n" + self.process.log_tail())
        return self

    def stop(self):
        if self.process:
            self.process.stop()
        shutil.rmtree(self.home, ignore_errors=True)
