"""A PostgreSQL server that can be stopped, paused and started again, and the site on it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import pg_plugin
from tests.serving import environment, manage


class Postgres:
    def __init__(self) -> None:
        self.url = pg_plugin.start()
        self.data = Path(parse_qs(urlsplit(self.url).query)["host"][0])
        line = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        self.line = [part.decode() for part in line.split(b"\0") if part]
        self.server: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    @property
    def processes(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *map(int, children.split())]

    def pause(self) -> None:
        for process in self.processes:
            os.kill(process, signal.SIGSTOP)

    def go_on(self) -> None:
        for process in reversed(self.processes):
            os.kill(process, signal.SIGCONT)

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGINT)  # at once: open connections are ended
        wait_until(lambda: not (self.data / "postmaster.pid").exists(), 10)
        if self.server:
            self.server.wait(10)

    def start_again(self) -> None:
        of = self.data.stat()
        options: dict[str, Any] = {"start_new_session": True}
        if os.geteuid() == 0:
            options |= {"user": of.st_uid, "group": of.st_gid, "extra_groups": []}
        nowhere = subprocess.DEVNULL
        self.server = subprocess.Popen(
            self.line, cwd=self.data.parent, stdout=nowhere, stderr=nowhere, **options
        )
        wait_until(lambda: pg_plugin._pid_file(self.data.parent)[7:8] == ["ready"], 10)


class SlowRoad:
    """A port that leads to the server's socket; each of its answers comes `delay` seconds late."""

    def __init__(self, socket_path: Path) -> None:
        self.delay = 0.0
        self._to = str(socket_path)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> SlowRoad:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._to)
                for source, target, is_answer in ((client, server, False), (server, client, True)):
                    way = (source, target, is_answer)
                    threading.Thread(target=self._carry, args=way, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        with suppress(OSError), source, target:
            while data := source.recv(65536):
                if is_answer:
                    time.sleep(self.delay)
                target.sendall(data)


def wait_until(is_so: object, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if missing := pg_plugin.missing():
        pytest.skip(missing)
    if not Path("/proc/self/task").exists():
        pytest.skip("faults are made by signals to processes found in /proc")
    server = Postgres()
    yield server
    if server.server:
        server.go_on()
        server.server.send_signal(signal.SIGQUIT)
        server.server.wait(10)


@pytest.fixture(scope="session")
def site(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the prepared site: tables, content, first release, copy on disk."""
    prepared = environment(tmp_path_factory.mktemp("site"), postgres.url)
    manage("prepare", environment=prepared)
    return prepared
