"""Requests over sockets, and what they cost the server."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import run


@dataclass(frozen=True)
class Cost:
    per_second: float
    cpu_ms: float
    """Processor time of the server, for one request."""


def cpu_seconds(process: int) -> float:
    """Processor time that a process has used, in all its threads; to the nanosecond, unlike /proc/*/stat."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def memory_mb(process: int) -> float:
    """Memory of a process, shared pages by their share."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no Pss in smaps_rollup")


def request(
    path: str, *, method: str = "GET", cookies: dict[str, str] | None = None, body: str = ""
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {run.HOST}", "Accept-Encoding: gzip, deflate, br"]
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
    if method == "POST":
        lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def load(port: int, process: int, asked: bytes, status: int, *, seconds: float) -> Cost:
    """Send one request again and again over four connections, for so long."""
    until = time.monotonic() + seconds
    counts: list[int] = []

    def one_connection() -> None:
        count = 0
        with socket.create_connection((run.HOST, port), timeout=10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.monotonic() < until:
                connection.sendall(asked)
                got = _answer(connection)
                assert got == status, f"{got} instead of {status}"
                count += 1
        counts.append(count)

    before, started = cpu_seconds(process), time.monotonic()
    threads = [threading.Thread(target=one_connection) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == len(threads), "a connection failed"
    total, took = sum(counts), time.monotonic() - started
    return Cost(total / took, (cpu_seconds(process) - before) / total * 1000)


def _answer(connection: socket.socket) -> int:
    """Read one answer to its end; return its status."""
    got = connection.recv(65536)
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += connection.recv(65536)
    head = got[:end].lower()
    place = head.find(b"content-length:")
    assert place > 0, head
    left = int(head[place + 15 :].split(b"\r\n", 1)[0]) - (len(got) - end - 4)
    while left > 0:
        left -= len(connection.recv(65536))
    return int(head.split(b" ", 2)[1])
