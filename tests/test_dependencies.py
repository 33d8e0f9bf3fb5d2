"""What others wrote: few, locked with hashes, under licences that are listed, and asked about without a false green."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import run
from tests import advisories, licences

HOLE = {"id": "PYSEC-0000-1", "summary": "A hole.", "affected": [], "schema_version": "1.6.0"}


class Source(BaseHTTPRequestHandler):
    """A source of advisories that knows what a test lets it know."""

    known: dict[str, list[object]]
    status = 200

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        holes = self.known.get(asked["package"]["name"])
        body = json.dumps({"vulns": holes} if holes else {}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Source.known, Source.status = {"jinja2": [HOLE]}, 200
    server = HTTPServer((run.HOST, 0), Source)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://{run.HOST}:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "lock.txt"
    path.write_text("django==5.2.19\nsegno==1.6.6\ncoverage[toml]==7.17.3\n")
    return path


def test_a_source_that_answers_for_all_and_knows_of_nothing_is_green(
    source: str, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advisories.report(source, [lock]) == 0
    assert "nothing against 3 packages" in capsys.readouterr().out


def test_a_hole_is_told(source: str, lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Source.known["segno"] = [HOLE]
    assert advisories.report(source, [lock]) == 1
    assert "segno 1.6.6: PYSEC-0000-1" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["away", "knows nothing", "broken"])
def test_a_source_that_cannot_be_asked_is_never_green(
    what: str, source: str, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if what == "away":
        source = f"http://{run.HOST}:9/v1/query"  # nobody listens there
    elif what == "knows nothing":
        Source.known = {}
    else:
        Source.status = 503
    assert advisories.report(source, [lock]) == 2
    said = capsys.readouterr().out
    assert "Nothing is known about advisories" in said
    assert "knows of nothing against" not in said


def test_the_page_of_licences_is_that_of_the_locks() -> None:
    assert licences.PAGE.read_text(encoding="utf-8") == licences.page(), "python3 run.py licences"


def test_every_licence_may_be_used_by_who_runs_the_site() -> None:
    """What is needed to run it: permissive, or a lesser GPL, which a library used as it is does not pass on."""
    fine = re.compile(
        r"MIT|BSD|Apache|ISC|PSF|Unlicense|MPL|Mozilla|Lesser General|Zlib|CC0|Python Software"
    )
    for package in licences.locked("base"):
        said = licences.BY_HAND.get(package) or licences.licence(package) or ""
        assert fine.search(said), f"{package}: {said or 'not installed'}"


@pytest.mark.parametrize("name", ["base", "test", "bench"])
def test_every_package_is_locked_with_hashes(name: str) -> None:
    text = (run.ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=\S)", text)
    packages = [entry for entry in entries if re.match(r"[\w.-]+(\[.*\])?==", entry)]
    assert len(packages) > 5
    for entry in packages:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
    others = [
        e for e in entries if e not in packages and not e.lstrip().startswith("#") and e.strip()
    ]
    assert others == []
    assert "://" not in re.sub(r"#.*", "", text)


def test_few_packages_are_asked_for() -> None:
    assert len(licences.asked_for("base")) <= 21
