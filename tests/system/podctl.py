"""What a node would do with the chart's pods: their files, environment, command and probes, on this machine."""

import os
import signal
import urllib.error
import urllib.request

import paths
import procs


class Pod:
    """The one container of a rendered pod's spec. maps and secrets: {name: {key: text}}."""

    def __init__(self, home, namespace, name, spec, maps, secrets):
        self.home, self.namespace, self.name, self.spec = os.path.join(str(home), name), namespace, name, spec
        self.container, = spec["containers"]
        self.mounts = {mount["mountPath"]: os.path.join(self.home, mount["name"]) for mount in self.container["volumeMounts"]}
        for volume in spec["volumes"]:
            folder = os.path.join(self.home, volume["name"])
            os.makedirs(folder)
            for file, text in self._files(volume, maps, secrets):
                with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
                    out.write(text)
        self.process = procs.Process(name, [self._local(word) for word in self._command()], os.path.join(self.home, "log"),
                                     env=self._environment(secrets))

    def _files(self, volume, maps, secrets):
        if "configMap" in volume:
            for file, text in maps[volume["configMap"]["name"]].items():
                yield file, self._local(text)
        for source in volume.get("projected", {}).get("sources", []):
            for item in source["secret"]["items"]:
                yield item["path"], secrets[source["secret"]["name"]][item["key"]]

    def _local(self, text):
        """Folders of the pod are folders of ours. The longest first: one may be inside another."""
        for inside in sorted(self.mounts, key=len, reverse=True):
            text = text.replace(inside + "/", self.mounts[inside] + "/")
        return text

    def _command(self):
        program, *rest = self.container["command"] + self.container["args"]
        assert program.startswith("/usr/bin/")
        return [paths.program(os.path.basename(program)), *rest]

    def _environment(self, secrets):
        fields = {"metadata.name": self.name, "metadata.namespace": self.namespace}
        known = {}
        for one in self.container["env"]:
            source = one.get("valueFrom", {})
            if "fieldRef" in source:
                known[one["name"]] = fields[source["fieldRef"]["fieldPath"]]
            elif "secretKeyRef" in source:
                known[one["name"]] = secrets[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]
            else:
                value = one["value"]
                for name in known:
                    value = value.replace("$(%s)" % name, known[name])
                known[one["name"]] = value
        return known

    def probe(self, name):
        """Whether that probe succeeds now."""
        asked = self.container[name]["httpGet"]
        port = {one["name"]: one["containerPort"] for one in self.container["ports"]}[asked["port"]]
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, asked["path"]),
                                        timeout=self.container[name]["timeoutSeconds"]) as answer:
                return 200 <= answer.status < 400
        except (urllib.error.URLError, OSError):
            return False

    def start(self):
        """Started, and watched as a node does until its startup probe succeeds."""
        self.process.start()
        probe = self.container["startupProbe"]
        procs.wait_until(lambda: self.probe("startupProbe"), probe["periodSeconds"] * probe["failureThreshold"],
                         lambda: "started\n" + self.process.log_tail())
        return self

    def run(self):
        """(exit code, output) of a pod that ends by itself within its deadline."""
        code = self.process.start().wait(self.spec["activeDeadlineSeconds"])
        return code, self.process.log_text()

    def terminate(self):
        """The exit code of a pod told to go; an error where it takes longer than its grace period."""
        self.process.signal(signal.SIGTERM)
        return self.process.wait(self.spec["terminationGracePeriodSeconds"])

    def kill(self):
        if self.process.popen is not None:
            self.process.kill()
