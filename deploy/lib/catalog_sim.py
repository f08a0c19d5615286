"""The simulated catalog as a process, and its control endpoint (/_sim/...) as methods."""

import json
import os
import time
import urllib.error
import urllib.request

import procs


class CatalogSim:
    def __init__(self, program, home, catalogs, tokens, settings=None):
        """settings: its knobs (catalog-sim --help); tokens go in through a file, not the command line."""
        self.program, self.home = program, str(home)
        self.catalogs, self.valid_tokens, self.knobs = catalogs, tokens, settings or {}
        self.extra_arguments = []
        self.url = self.process = None

    def start(self):
        os.makedirs(self.home, exist_ok=True)
        tokens = os.path.join(self.home, "tokens")
        with open(tokens, "w") as out:
            out.write("".join(token + "\n" for token in self.valid_tokens))
        port_file = os.path.join(self.home, "port")
        if os.path.exists(port_file):
            os.remove(port_file)
        command = [self.program, "--listen", "127.0.0.1:0", "--port-file", port_file, "--token-file", tokens]
        for catalog in self.catalogs:
            command += ["--catalog", catalog]
        for key, value in self.knobs.items():
            command += ["--set", "%s=%s" % (key, value)]
        command += self.extra_arguments
        self.process = procs.Process("catalog-sim", command, os.path.join(self.home, "catalog-sim.log")).start()
        procs.wait_until(lambda: os.path.exists(port_file) or not self.process.running(), 10, "catalog-sim starts")
        if not self.process.running():
            raise RuntimeError("catalog-sim ended at once\n" + self.process.log_tail())
        with open(port_file) as file:
            self.url = "http://127.0.0.1:%d" % int(file.read())
        return self

    def stop(self):
        if self.process:
            self.process.stop(5)

    def _ask(self, path, body=None):
        request = urllib.request.Request(self.url + "/_sim/" + path)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise ValueError("catalog-sim: %s: %s" % (path, error.read().decode("utf-8", "replace"))) from None

    def items(self):
        """The living items, their fields beside id, catalog, retailer_id, visibility."""
        return [dict(item["fields"], **{k: v for k, v in item.items() if k != "fields"})
                for item in self._ask("items")["items"]]

    def journal(self):
        return self._ask("journal")["entries"]

    def counters(self):
        return self._ask("counters")

    def set(self, **knobs):
        """Knobs, with underscores for dots."""
        self.set_knobs({key.replace("_", "."): value for key, value in knobs.items()})

    def set_knobs(self, knobs):
        self._ask("settings", knobs)

    def fault(self, kind, times=1, match=None, **details):
        """The next calls that match meet this fault (script.h)."""
        self._ask("fault", [{"match": match or {}, "times": times, "fault": dict(details, kind=kind)}])

    def clear_faults(self):
        self._ask("fault", {"clear": True})

    def fault_hits(self):
        return [rule["hits"] for rule in self._ask("fault")["rules"]]

    def set_tokens(self, valid):
        self._ask("tokens", {"valid": valid})

    def expire_token(self, token, subcode=463):
        self._ask("tokens", {"expire": {"token": token, "subcode": subcode}})

    def deny_token(self, token, code=200):
        self._ask("tokens", {"deny": {"token": token, "code": code}})

    def delete_item(self, retailer_id, catalog=None):
        """As if deleted by hand in the Commerce Manager."""
        self._ask("item/delete", dict({"retailer_id": retailer_id}, **({"catalog": catalog} if catalog else {})))

    def wait_idle(self, timeout_s=10):
        """Until no call is in flight and no late write is still to land."""
        procs.wait_until(lambda: self.counters()["in_flight"] == 0, timeout_s, "the simulator is idle")
        time.sleep(0.01)
