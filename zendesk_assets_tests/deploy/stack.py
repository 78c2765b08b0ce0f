"""The services of compose.yaml as processes of this machine: same commands, variables and files.

What a container is told is what a process here is told; only names of hosts, ports, and the paths
of the image become those of this machine. Started, stopped and killed here, down to the last
process; what is asked of them is `dagster_graphql`.
"""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from zendesk_assets_tests.dagster_dev import free_port
from zendesk_assets_tests.dagster_graphql import DagsterGraphQL
from zendesk_assets_tests.deploy.files import ROOT, compose, copies, image_variables
from zendesk_assets_tests.sessions import kill_session
from zendesk_assets_tests.signals import restore_signals
from zendesk_assets_tests.waiting import wait_until

IMAGE_FOLDER = "/opt/dagster"
FILLED_IN = {"POSTGRES_PASSWORD": "pg", "S3_ACCESS_KEY": "s3", "S3_SECRET_KEY": "s3-pass"}


class Stack(DagsterGraphQL):
    """Processes in `folder`, which stands for the image's /opt/dagster and all volumes in it.

    `addresses` has what a database's address in compose.yaml is here; `variables` is what .env has.
    """

    def __init__(self, folder, addresses, variables):
        self.folder = Path(folder)
        self._services = compose(**FILLED_IN)["services"]
        self._addresses, self._variables_of_env = addresses, variables
        self._ports = {"4000": str(free_port()), "3000": str(free_port())}
        self._started = {}
        self.url = f"http://127.0.0.1:{self._ports['3000']}"
        self._lay_out()

    def start(self, name):
        """Start a service; it goes on until it is killed."""
        with self.log(name).open("ab") as output:
            self._started[name] = subprocess.Popen(
                [*_own_pids(), *self.command(name)],
                cwd=self.folder,
                env=self.variables(name),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=restore_signals,  # noqa: PLW1509 # it takes no lock
            )

    def run(self, name, command=None, seconds=180):
        """Run a command as `docker compose run` does, to its end; return what it printed."""
        done = subprocess.run(
            command or self.command(name),
            cwd=self.folder,
            env=self.variables(name),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}{self.logs()}"
        return done.stdout

    def is_healthy(self, name):
        """Run the service's health check, once."""
        kind, *command = self._services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        command = [self._here(word) for word in command]
        options = {"env": self.variables(name), "cwd": self.folder, "capture_output": True}
        return subprocess.run(command, timeout=60, check=False, **options).returncode == 0

    def command(self, name):
        """Return what a service runs, with the hosts and ports of this machine."""
        return [self._here(word) for word in self._services[name]["command"]]

    def variables(self, name):
        """Return the environment of a service: the image's, then the service's own."""
        service = self._services[name]
        own = {key: self._address(str(value)) for key, value in service["environment"].items()}
        if "env_file" in service:
            own |= self._variables_of_env
        image = {key: self._here(value) for key, value in image_variables().items()}
        image["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {"HOME": str(self.folder), "LANG": "C.UTF-8", **image, **own}

    def kill(self, name):
        """Kill everything of a service at once, as when its container is killed."""
        service = self._started.pop(name, None)
        if service is not None:
            wait_until(lambda: kill_session(service.pid), 20, f"{name} is gone")
            service.wait()

    def log(self, name):
        """Return the file with what a service wrote."""
        return self.folder / f"{name}.log"

    def logs(self, lines=40):
        """Return the ends of what all services wrote."""
        texts = {name: self.log(name).read_text(errors="replace") for name in self._started}
        ends = ["\n".join([name, *text.splitlines()[-lines:]]) for name, text in texts.items()]
        return "\n\n".join(ends)

    def wait_until(self, condition, seconds, what=""):
        """Return the first truthy value of `condition()`; a failure shows the logs."""
        return wait_until(condition, seconds, what, self.logs, every=0.3)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for name in list(self._started):
            self.kill(name)

    def _lay_out(self):
        """Put the files of the image into the folder, for as far as they lie in its own folder."""
        for (source, *_), target in copies():
            if target.startswith(f"{IMAGE_FOLDER}/"):
                place = Path(self._here(target))
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
        workspace = self.folder / "workspace.yaml"
        workspace.write_text(self._here(workspace.read_text()))
        Path(self._here(image_variables()["ZENDESK_SOURCES"])).parent.mkdir()

    def _here(self, text):
        """Return a text with what is true in containers as it is on this machine."""
        text = text.replace(IMAGE_FOLDER, str(self.folder))
        text = re.sub(r"\b(0\.0\.0\.0|code-location)\b(?!\.)", "127.0.0.1", text)
        return re.sub(r"\b(3000|4000)\b", lambda found: self._ports[found[0]], text)

    def _address(self, value):
        if "@postgres:" in value:
            return self._addresses[value.rpartition("/")[2]]
        return value


@cache
def _own_pids():
    """Return what gives a command process ids of its own, as a container does; [] if it may not."""
    rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *rights, "--pid", "--fork", "--kill-child", "--mount-proc"]
    try:
        allowed = subprocess.run([*command, "true"], check=False, capture_output=True)
    except FileNotFoundError:
        return []
    return command if allowed.returncode == 0 else []
