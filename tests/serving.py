"""The site as it runs in earnest: a server process of its own, and people who come over the network."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import run
from tests.checker.visitor import ANSWERS, MOST_SCREENS, RESULT, START, reply
from tests.pages import Page

STORY = ("age-18-39", "sex-male", "flicker", "calf", "several-places", "three-to-twelve-months")


def environment(var: Path, database: str = "") -> dict[str, str]:
    """Local settings with a folder and a database of one's own."""
    kept = {name: value for name, value in run.local_environment().items() if name != "TEST_DB"}
    kept |= {"TWITCHINFO_ENV": "local", "TWITCHINFO_VAR": str(var), "DATABASE_URL": database}
    return kept


def manage(*line: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [run.PYTHON, "manage.py", *line],
        cwd=run.ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((run.HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Node:
    """A server that runs, in a process group of its own."""

    port: int
    process: subprocess.Popen[bytes]


@contextmanager
def serving(
    environment: dict[str, str],
    log: Path,
    *,
    workers: int = 1,
    application: str = "twitchinfo.wsgi:application",
) -> Iterator[int]:
    """Serve with the settings that ship; give the port once it answers."""
    with node(environment, log, workers=workers, application=application) as started:
        yield started.port


@contextmanager
def node(
    environment: dict[str, str],
    log: Path,
    *,
    workers: int = 1,
    application: str = "twitchinfo.wsgi:application",
) -> Iterator[Node]:
    port = free_port()
    with (
        log.open("ab") as output,
        subprocess.Popen(
            [run.PYTHON, "-m", "granian", application],
            cwd=run.ROOT,
            env={**environment, **run.granian_environment(port, workers)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as server,
    ):
        try:
            until = time.monotonic() + 30
            while not answers(port):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.05)
            yield Node(port, server)
        finally:
            server.terminate()
            try:
                server.wait(8)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(server.pid, 9)


def answers(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException):
        return Browser(port, timeout=2).get("/healthz")[0] == 200
    return False


class Browser:
    """Keeps cookies and a connection; reads pages, sends forms."""

    headers: dict[str, str] = {}
    """Sent with every request."""

    def __init__(self, port: int, timeout: float = 20) -> None:
        self.port, self.timeout = port, timeout
        self.connection = self.connect()
        self.cookies: dict[str, str] = {}
        self.slowest = 0.0

    def __del__(self) -> None:
        self.connection.close()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(run.HOST, self.port, timeout=self.timeout)

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path)[::2]

    def follow(self, path: str, data: dict[str, object]) -> str:
        """Send a form; return where it leads."""
        tokens = [value for name, value in self.cookies.items() if name.endswith("csrftoken")]
        token = "".join(tokens)
        body = urlencode({"csrfmiddlewaretoken": token, **data}, doseq=True)
        status, headers, text = self._ask("POST", path, body)
        assert status == 302, (path, status, text[:500])
        return headers["location"]

    def whole_check(self, story: tuple[str, ...] = STORY) -> int:
        """Go through a check to its result. Returns how many requests that took."""
        self.cookies.clear()
        self._page(START)
        path, count = self.follow(START, {"who": "me"}), 2
        for _ in range(MOST_SCREENS):
            if path == ANSWERS:
                break
            path = self.follow(path, reply(self._page(path), story))
            count += 2
        assert "data-urgency" in self._page(RESULT).html
        return count + 1

    def _page(self, path: str) -> Page:
        status, text = self.get(path)
        assert status == 200, (path, status)
        return Page(text)

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, dict[str, str], str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= self.headers
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.monotonic()
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        self.slowest = max(self.slowest, time.monotonic() - started)
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return response.status, {n.lower(): v for n, v in response.getheaders()}, text
