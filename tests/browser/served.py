"""The site as it ships, with the shipped content, in a folder that is gone afterwards: for pictures and audit."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """Serve the shipped content and `tests.browser.urls`; give the address and the password of its admin."""
    with tempfile.TemporaryDirectory(prefix="twitchinfo-screenshots-") as folder:
        environment = {**os.environ, "TWITCHINFO_ENV": "local", "TWITCHINFO_VAR": folder}
        environment.pop("DATABASE_URL", None)
        prepare = [sys.executable, "manage.py", "prepare"]
        subprocess.run(prepare, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        password = (Path(folder) / "admin-login.txt").read_text().split("password: ")[1].strip()
        port = free_port()
        options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
        options += ["--workers", "1", "--blocking-threads", "4", "--no-ws"]
        options += ["--log-level", "warning"]
        command = [sys.executable, "-m", "granian", *options, "tests.browser.wsgi:application"]
        # It logs every page that fails on purpose.
        log = (Path(folder) / "server.log").open("wb")
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/readyz", server, Path(log.name))
            yield address, password
        finally:
            server.terminate()
            server.wait(10)
            log.close()


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(address):
                return
        except URLError:
            if server.poll() is not None or time.monotonic() > deadline:
                print(log.read_text(), file=sys.stderr)
                raise
            time.sleep(0.1)
