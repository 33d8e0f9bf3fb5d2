"""Two nodes behind the nginx that ships; one is lost while people go through their checks."""

from __future__ import annotations

import datetime
import http.client
import ipaddress
import os
import re
import secrets
import shutil
import signal
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import run
from tests.serving import Browser, Node, free_port, manage, node

from .conftest import Postgres, wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is missing: apt install nginx"),
]
PEOPLE = 4
CHECKS_BEFORE, CHECKS_AFTER = 6, 12


class Reader(Browser):
    """A browser that comes over TLS and tries once more when a request fails."""

    certificate: Path
    tries_again = 0

    def connect(self) -> http.client.HTTPConnection:
        self.headers = {"Origin": f"https://{run.HOST}:{self.port}", "Referer": SECRET_PLACE}
        trust = ssl.create_default_context(cafile=self.certificate)
        return http.client.HTTPSConnection(run.HOST, self.port, timeout=self.timeout, context=trust)

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, dict[str, str], str]:
        for is_last in (False, True):
            try:
                answer = super()._ask(method, path, body)
            except (OSError, http.client.HTTPException):
                self.connection.close()
                if is_last:
                    raise
            else:
                if answer[0] < 500 or is_last:
                    return answer
            self.tries_again += 1
        raise AssertionError("cannot be reached")

    def send(self, path: str, data: dict[str, str]) -> tuple[int, str]:
        """Send a form; return what comes back, whatever it is."""
        token = self.cookies["__Host-csrftoken"]
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": token, **data}))[::2]


SECRET_PLACE = "https://elsewhere.example/what-somebody-read"


class Crowd:
    """People who go through one check after the other, until told to stop; none may be lost."""

    def __init__(self, port: int) -> None:
        self.begun = self.finished = self.tries_again = 0
        self.lost: list[str] = []
        self._port, self._over = port, threading.Event()
        self._threads = [threading.Thread(target=self._go_on) for _ in range(PEOPLE)]
        self._counting = threading.Lock()

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _go_on(self) -> None:
        reader = Reader(self._port)
        while not self._over.is_set():
            with self._counting:
                self.begun += 1
            try:
                reader.whole_check()
            except Exception as error:
                self.lost.append(repr(error))
                reader = Reader(self._port)
            else:
                with self._counting:
                    self.finished += 1
        with self._counting:
            self.tries_again += reader.tries_again


def production(var: Path, database: str, secret: str) -> dict[str, str]:
    """The environment of a node, as docs/deploy.md has it."""
    kept = {name: value for name, value in run.local_environment().items() if name != "TEST_DB"}
    return kept | {
        "TWITCHINFO_ENV": "production",
        "TWITCHINFO_VAR": str(var),
        "DATABASE_URL": database,
        "SECRET_KEY": secret,
        "ALLOWED_HOSTS": run.HOST,
        "BEHIND_PROXY": "1",
    }


def make_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "twitchinfo.example")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(run.HOST))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, private


@contextmanager
def nginx(nodes: list[Node], folder: Path) -> Iterator[int]:
    """Run the nginx.conf that ships, with ports and paths of this machine; give the port of its TLS."""
    port = free_port()
    chain, private = make_certificate(folder)
    Reader.certificate = chain
    text = (run.ROOT / "deploy" / "nginx.conf").read_text()
    for shipped, here in [
        (r"listen 443 ssl;", f"listen {run.HOST}:{port} ssl;"),
        (r"listen 80;", f"listen {run.HOST}:{free_port()};"),
        (r"127\.0\.0\.1:8000", f"{run.HOST}:{nodes[0].port}"),
        (r"127\.0\.0\.1:8001", f"{run.HOST}:{nodes[1].port}"),
        (r"/etc/ssl/twitchinfo/fullchain.pem", str(chain)),
        (r"/etc/ssl/twitchinfo/privkey.pem", str(private)),
        (r"/run/nginx.pid", str(folder / "nginx.pid")),
        (r"/var/log/nginx/", f"{folder}/"),
        (r"worker_processes auto;", "worker_processes 1;\ndaemon off;"),
        (r"http \{", "http {" + "".join(
            f"\n    {kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )),
    ]:  # fmt: skip
        text, found = re.subn(shipped, lambda _, here=here: here, text)  # type: ignore[misc]
        assert found, shipped
    configuration = folder / "nginx.conf"
    configuration.write_text(text)
    line = ["nginx", "-c", str(configuration), "-p", str(folder), "-e", str(folder / "start.log")]
    with subprocess.Popen(line, start_new_session=True) as process:
        try:
            wait_until(lambda: run.answers(port), 10)
            yield port
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="module")
def prepared(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """The environments of two nodes on one database, each with a folder of its own."""
    secret = secrets.token_urlsafe(64)
    environments = []
    for name in ("one", "two"):
        environments.append(production(tmp_path_factory.mktemp(name), postgres.url, secret))
        manage("prepare", environment=environments[-1])
    return environments


@pytest.fixture
def nodes(prepared: list[dict[str, str]], tmp_path: Path) -> Iterator[list[Node]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(node(environment, tmp_path / f"node-{number}.log"))
            for number, environment in enumerate(prepared)
        ]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "told to stop"])
def test_no_check_is_lost_when_a_node_goes(
    how: signal.Signals, nodes: list[Node], tmp_path: Path
) -> None:
    with nginx(nodes, tmp_path) as port, Crowd(port) as crowd:
        wait_until(lambda: crowd.finished >= CHECKS_BEFORE or crowd.lost, 60)
        if how is signal.SIGKILL:
            os.killpg(nodes[0].process.pid, how)  # the server and its worker, in mid-request
        else:
            nodes[0].process.send_signal(how)
        until = crowd.finished + CHECKS_AFTER
        wait_until(lambda: crowd.finished >= until or crowd.lost, 90)
        assert nodes[0].process.wait(10) is not None
    assert crowd.lost == []
    assert crowd.finished == crowd.begun
    served = (tmp_path / "access.log").read_text()
    assert all(f":{one.port}" in served for one in nodes)


def test_nginx_keeps_no_query_no_referrer_and_no_address(nodes: list[Node], tmp_path: Path) -> None:
    with nginx(nodes, tmp_path) as port:
        reader = Reader(port)
        status, text = reader.get("/search/?q=something-private")
        assert (status, "something-private" in text) == (200, True)
        assert reader.get("/check/?notice=cleared")[0] == 200
        for one in nodes:
            os.killpg(one.process.pid, signal.SIGKILL)
        # Nobody is left: what nginx writes about its own errors is no exception.
        assert reader.get("/search/?q=something-private")[0] == 502
    lines = (tmp_path / "access.log").read_text().splitlines()
    told = r"\S+ \d{3} GET /\S* \d+ \d+\.\d+ [\d.:, a-z]+"
    assert len(lines) >= 4
    for line in lines:
        assert re.fullmatch(told, line), line
    kept = "".join(path.read_text() for path in tmp_path.glob("*.log"))
    for secret in ("something-private", "notice=", SECRET_PLACE, "Mozilla"):
        assert secret not in kept


def test_nginx_slows_down_who_asks_too_much_and_nobody_else(
    nodes: list[Node], tmp_path: Path
) -> None:
    with nginx(nodes, tmp_path) as port:
        reader = Reader(port)
        reader.get("/admin/login/")

        def log_in(number: int) -> tuple[int, str]:
            # Another name each time, so that the site itself locks none of them.
            return reader.send(
                "/admin/login/", {"username": f"nobody-{number}", "password": "wrong"}
            )

        for ask in (lambda number: reader.get(f"/search/?q={number}"), log_in):
            for number in range(300):
                status, text = ask(number)
                if status != 200:
                    break
            assert (status, "wait a minute" in text) == (429, True)
            # Several went through at once: a person who types is not slowed down.
            assert number > 5
        assert reader.get("/conditions/")[0] == 200
        assert reader.whole_check() > 10
    lines = (tmp_path / "access.log").read_text()
    # It was nginx that refused: no node was asked.
    assert re.search(r" 429 GET /search/ .* -$", lines, re.M)
    assert re.search(r" 429 POST /admin/login/ .* -$", lines, re.M)
