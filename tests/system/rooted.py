#!/usr/bin/env python3
"""Workers that run somewhere else (an image's root, a package's) and as another user. deploy/image/bare-root tells by
CATALOG_SYNC_BIN which programs, and as argument a folder that both sides see under the same name; or a root whose systemd
runs, with BOOTED to put before a command that is meant for inside: then the workers are its service.

    rooted.py FOLDER
    rooted.py FOLDER --service ROOT
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafkactl  # noqa: E402
import paths  # noqa: E402
import procs  # noqa: E402
import workerctl  # noqa: E402
import world as worlds  # noqa: E402

PRODUCTS = 50


def ask(worker, option):
    """An option of the program, with the running worker's own configuration."""
    done = subprocess.run([paths.program("catalog-worker"), "--config", os.path.join(worker.home, worker.name + ".properties"),
                           option], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=90)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def rooted(world):
    worker = world.worker(wait=False).wait_ready(60)
    outcomes = {r["outcome"] for r in world.sync(*[world.updated(n, 1) for n in range(PRODUCTS)], timeout_s=120)}
    assert outcomes == {"created"}, outcomes
    assert len(world.items()) == PRODUCTS
    code, text = ask(worker, "--health")
    assert (code, text.strip()) == (0, "ready"), (code, text)
    procs.wait_until(lambda: "no_lag" in ask(worker, "--status")[1], 60, lambda: ask(worker, "--status"))
    code, text = ask(worker, "--check")
    assert "catalog.read" in text and "kafka" in text, (code, text)
    worker.kill9()
    worker.start().wait_ready(60)
    assert world.sync(world.updated(1, 2, price="5.00"), timeout_s=120)[0]["outcome"] == "updated"
    assert worker.terminate() == 0
    code, text = ask(worker, "--health")
    assert code == 1, (code, text)
    full_disk(world)


def full_disk(world):
    """A worker whose log cannot be written works all the same."""
    worker = world.workers.pop()
    os.remove(worker.log_path)
    os.symlink("/dev/full", worker.log_path)
    try:
        worker.start().wait_ready(60)
        assert world.sync(world.updated(2, 2, price="5.00"), timeout_s=120)[0]["outcome"] == "updated"
    finally:
        code = worker.terminate() if worker.running() else "ended"
    assert code == 0, code


# -- as a service ----------------------------------------------------------------------------------------------------------


def inside(*command, code=0):
    done = subprocess.run(os.environ["BOOTED"].split() + list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=90)
    text = done.stdout.decode("utf-8", "replace")
    assert done.returncode == code, "%s: %d\n%s" % (" ".join(command), done.returncode, text)
    return text


def health(instance):
    return subprocess.run(os.environ["BOOTED"].split() + ["catalog-worker", "--set", "admin.listen=127.0.0.1:808%d" % instance,
                                                          "--health"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def main_pids(names):
    return inside("systemctl", "show", "--property=MainPID", "--value", *names).split()


def configure(world, root):
    """As an administrator would: the configuration, and the token as root's file that the workers' group reads."""
    token = os.path.join(root, "etc/catalog-sync/secrets/catalog-token")
    with open(token, "w") as out:
        out.write(worlds.TOKEN + "\n")
    os.chmod(token, 0o640)  # the folder gives it the group
    settings = dict(workerctl.FAST, **world.settings())
    settings["catalog.token.file"] = "/etc/catalog-sync/secrets/catalog-token"
    with open(os.path.join(root, "etc/catalog-sync/catalog-sync.properties"), "w") as out:
        out.write("".join("%s=%s\n" % pair for pair in sorted(settings.items())))


def service(world, root):
    names = ("catalog-worker@1", "catalog-worker@2")
    configure(world, root)
    inside("systemctl", "start", *names)
    for instance in (1, 2):
        procs.wait_until(lambda: health(instance), 60, lambda: inside("journalctl", "--no-pager", "-n", "40"))
    assert {r["outcome"] for r in world.sync(*[world.updated(n, 1) for n in range(PRODUCTS)], timeout_s=120)} == {"created"}
    inside("systemctl", "kill", "-s", "KILL", names[0])
    procs.wait_until(lambda: health(1), 60, lambda: inside("journalctl", "--no-pager", "-n", "40"))
    assert world.sync(*[world.updated(n, 2, price="5.00") for n in range(PRODUCTS)], timeout_s=120)
    before = main_pids(names)
    inside("sh", "-c", "dpkg --install /root/*.deb")  # an upgrade lets them run, with the program they have
    procs.wait_until(lambda: health(1) and health(2), 60, lambda: inside("journalctl", "--no-pager", "-n", "40"))
    assert main_pids(names) == before
    inside("systemctl", "restart", names[1])
    assert main_pids(names)[0] == before[0] and main_pids(names)[1] != before[1]
    inside("systemctl", "stop", *names)
    log = inside("journalctl", "--no-pager", "-u", "catalog-worker@*")
    assert "Operation not permitted" not in log and "status=31/SYS" not in log and worlds.TOKEN not in log, log
    inside("systemctl", "start", *names)
    inside("dpkg", "--remove", "catalog-sync")  # takes the program, so nothing of it may run on
    assert main_pids(names) in ([], ["0", "0"]), main_pids(names)
    inside("sh", "-c", "dpkg --install /root/*.deb")
    # A configuration that is wrong is said once, and not tried for ever.
    with open(os.path.join(root, "etc/catalog-sync/catalog-sync.properties"), "a") as out:
        out.write("lease.ms=no\n")
    inside("systemctl", "start", names[0])
    ended = ("systemctl", "show", "--property=ActiveState,ExecMainStatus", "--value", names[0])
    procs.wait_until(lambda: sorted(inside(*ended).split()) == ["2", "failed"], 60, lambda: inside(*ended))


def main():
    home, root = sys.argv[1], sys.argv[3] if sys.argv[2:3] == ["--service"] else None
    os.makedirs(os.path.join(home, "sim"))
    os.chmod(os.path.join(home, "sim"), 0o777)  # the programs run as somebody else
    broker = kafkactl.DevKafka(os.path.join(home, "kafka"))
    world = worlds.World(broker.start(), home)
    try:
        world.start()
        if root:
            service(world, root)
        else:
            rooted(world)
    finally:
        world.stop()
        broker.stop()
    world.check_workers()
    print("rooted: it works from %s" % paths.BIN)


if __name__ == "__main__":
    main()
