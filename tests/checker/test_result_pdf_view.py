"""The result on one sheet."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import zlib
from typing import Any

import pytest
from django.conf import settings

from checker import paper, typeset
from checker.knowledge import current_knowledge_base
from checker.paper import NoPaper
from conditions.editions import Edition
from conditions.limits import RateLimit
from tests.pages import Page

from .visitor import ANSWERS, EYELID, HAND, RESULT, Visitor, address, reply

DRAWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    '<rect width="9" height="9" fill="rgb(25%, 50%, 75%)"/></svg>'
)
PDF = "/check/result/pdf/"


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "limit", RateLimit(100))


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been set, page by page; nothing is set."""
    pages: list[str] = []

    def to_pdf(html: str) -> bytes:
        pages.append(html)
        return b"%PDF-"

    monkeypatch.setattr(paper, "to_pdf", to_pdf)
    return pages


@pytest.fixture(scope="session")
def weasyprint() -> None:
    """Skip where the system libraries are missing: the view then says so, which other tests show."""
    done = subprocess.run(
        [sys.executable, "-c", "import weasyprint"], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(
            "WeasyPrint or a system library of it is missing (apt install libpango-1.0-0 libpangoft2-1.0-0)"
        )


def sheet(visitor: Visitor, sheets: list[str]) -> Page:
    response = visitor.client.get(PDF)
    assert response.status_code == 200
    return Page(sheets[-1])


def to_the_end(visitor: Visitor, story: tuple[str, ...]) -> None:
    """Go on past an emergency and past the page with someone to talk to, and answer the rest."""
    if visitor.tell(*story) == "/check/emergency/":
        path = visitor.send("/check/emergency/", {})
        while path not in (ANSWERS, RESULT):
            page = visitor.see(path)
            if path == "/check/support/":
                (path,) = (a["href"] for a in page.all("a", **{"class": "btn btn-quiet"}))
            else:
                path = visitor.send(path, reply(page, story))


# ---------------------------------------------------------------- set for real


@pytest.mark.usefixtures("weasyprint")
def test_it_is_one_tagged_sheet_with_a_title_and_a_language(visitor: Visitor) -> None:
    visitor.tell(*EYELID)
    response = visitor.client.get(PDF)
    assert response.status_code == 200
    assert response.content.startswith(b"%PDF-")
    pdf = inside(response.content)
    assert pages_of(response.content) == 1
    for mark in (
        b"/MarkInfo",
        b"/StructTreeRoot",
        b"pdfuaid",
        b"/Lang (en-GB)",
        b"Summary of a twitch check",
    ):
        assert mark in pdf, mark


@pytest.mark.usefixtures("weasyprint")
@pytest.mark.parametrize("age", ["age-under-2", "age-60-plus"])
def test_even_somebody_who_ticks_everything_gets_one_sheet(visitor: Visitor, age: str) -> None:
    ages = {"age-under-2", "age-2-12", "age-13-17", "age-18-39", "age-40-59", "age-60-plus"}
    to_the_end(
        visitor, tuple(f for f in current_knowledge_base().findings if f not in ages - {age})
    )
    assert pages_of(visitor.client.get(PDF).content) == 1


def inside(pdf: bytes) -> bytes:
    """Return a PDF with its streams unpacked, to look for what it holds."""
    streams = re.findall(rb"stream\r?\n(.*?)\nendstream", pdf, re.DOTALL)
    unpacked = []
    for stream in streams:
        with contextlib.suppress(zlib.error):
            unpacked.append(zlib.decompress(stream))
    return b"\n".join((pdf, *unpacked))


def pages_of(pdf: bytes) -> int:
    """Count the leaves of the page tree."""
    return len(re.findall(rb"/Type ?/Page\b(?!s)", inside(pdf)))


@pytest.mark.usefixtures("weasyprint")
def test_a_page_may_fetch_nothing(tmp_path: Any) -> None:
    picture = tmp_path / "secret.svg"
    picture.write_text(DRAWN)
    page = f'<html lang="en"><title>t</title><body>words<img src="{picture.as_uri()}" alt=""></body></html>'
    pdf = paper.to_pdf(page)
    assert isinstance(pdf, bytes)
    assert b"0.25 0.5 0.75" not in inside(pdf)
    # The same picture inside the page is drawn: the colour would have been found.
    drawn = paper.to_pdf(page.replace(f'<img src="{picture.as_uri()}" alt="">', DRAWN))
    assert isinstance(drawn, bytes)
    assert b"0.25 0.5 0.75" in inside(drawn)


def test_no_serving_process_loads_what_sets_it() -> None:
    code = (
        "import os, sys, django; django.setup(); import checker.views;"
        "sys.exit('weasyprint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=False)
    assert done.returncode == 0


def test_what_sets_it_learns_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(command: Any, **options: Any) -> Any:
        seen.update(options)
        return subprocess.CompletedProcess(command, 0, stdout=b"%PDF-1.7", stderr=b"")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("SECRET_KEY", "x" * 60)
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h/n")
    assert paper.to_pdf("<p>") == b"%PDF-1.7"
    assert not {"SECRET_KEY", "DATABASE_URL"} & set(seen["env"])
    assert seen["timeout"] == paper.SECONDS


# ---------------------------------------------------------------- what stands on it


def test_it_tells_the_history_in_order_and_then_the_result(
    visitor: Visitor, sheets: list[str], edition: Edition
) -> None:
    assert visitor.tell(*HAND) == ANSWERS
    text = sheet(visitor, sheets).text
    order = [
        "Who",
        "The movement",
        "Where",
        "Function",
        "Red flags",
        "What the check said",
        "Content release",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    labels = {slug: item.label for slug, item in edition.library.findings.items()}
    for words in (
        labels["weak-hand-or-grip"],
        labels["lost-a-task"],
        labels["muscle-wasting"],
        "60 or over",
    ):
        assert words in text
    assert f"Content release {edition.number}" in text
    assert "not a diagnosis" in text
    assert "not yet reviewed by a clinician" in text


def test_it_says_the_same_as_the_result_page(visitor: Visitor, sheets: list[str]) -> None:
    for story in (EYELID, HAND):
        visitor.tell(*story)
        on_paper, on_screen = sheet(visitor, sheets), visitor.see(RESULT)
        headline = re.search(r'class="headline">([^<]+)<', on_paper.html)
        assert headline
        assert headline.group(1) in on_screen.html


def test_a_carer_is_named(visitor: Visitor, sheets: list[str]) -> None:
    visitor.tell(*EYELID, who="someone")
    assert "by a carer" in sheet(visitor, sheets).text


def test_it_asks_for_nothing_from_elsewhere(visitor: Visitor, sheets: list[str]) -> None:
    visitor.tell(*HAND)
    page = sheet(visitor, sheets)
    assert page.values("src") == []
    assert page.values("href") == []
    assert "url(" not in page.html
    assert "@import" not in page.html


# ---------------------------------------------------------------- how it is handed over


def test_the_file_is_kept_by_nobody_and_its_name_tells_nothing(
    visitor: Visitor, sheets: list[str]
) -> None:
    visitor.tell(*EYELID)
    response = visitor.client.get(PDF)
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    assert re.fullmatch(
        r'attachment; filename="twitch-check-\d{4}-\d\d-\d\d\.pdf"', response["Content-Disposition"]
    )


def test_without_a_result_there_is_no_file(visitor: Visitor, sheets: list[str]) -> None:
    assert visitor.client.get(PDF)["Location"].startswith("/check/?")
    visitor.tell("age-18-39", up_to=address("place"))
    assert visitor.client.get(PDF)["Location"].startswith(address("place"))
    visitor.tell("age-60-plus", "face-droop-arm-weakness-speech")
    assert visitor.client.get(PDF)["Location"] == "/check/emergency/"
    assert visitor.client.post(PDF).status_code == 405
    assert sheets == []


@pytest.mark.parametrize("reason", list(NoPaper))
def test_without_a_pdf_the_page_says_why_and_how_to_print(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, reason: NoPaper
) -> None:
    monkeypatch.setattr(paper, "to_pdf", lambda html: reason)
    visitor.tell(*EYELID)
    response = visitor.client.get(PDF)
    assert response.status_code == 503
    page = Page(response.content.decode())
    assert "Save as PDF" in page.text
    assert RESULT in page.links
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (subprocess.CompletedProcess([], typeset.MISSING, b"", b""), NoPaper.MISSING),
        (subprocess.CompletedProcess([], 1, b"", b"Traceback"), NoPaper.FAILED),
        (subprocess.CompletedProcess([], -9, b"", b""), NoPaper.FAILED),
        (subprocess.CompletedProcess([], 0, b"nonsense", b""), NoPaper.FAILED),
        (subprocess.TimeoutExpired("x", 1), NoPaper.FAILED),
        (FileNotFoundError(), NoPaper.FAILED),
    ],
)
def test_whatever_happens_to_the_process_has_an_answer(
    monkeypatch: pytest.MonkeyPatch, outcome: Any, reason: NoPaper, caplog: pytest.LogCaptureFixture
) -> None:
    def run(*args: Any, **kwargs: Any) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(subprocess, "run", run)
    assert paper.to_pdf("<p>slurred speech</p>") is reason
    # Nothing of the page is logged, and the press is free again.
    assert "slurred" not in caplog.text
    assert paper.to_pdf("<p>") is reason


def test_without_the_libraries_the_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(html: str) -> bytes:
        raise OSError("cannot load library 'libpango-1.0-0'")

    class Pipe:
        class buffer:
            read = staticmethod(lambda: b"<p>")

    monkeypatch.setattr(typeset, "typeset", lacking)
    monkeypatch.setattr(sys, "stdin", Pipe)
    assert typeset.main() == typeset.MISSING


def test_only_one_is_set_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "PATIENCE_SECONDS", 0.01)
    with paper._press:
        assert paper.to_pdf("<p>") is NoPaper.BUSY


def test_nobody_has_them_set_without_end(
    visitor: Visitor, sheets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "limit", RateLimit(2))
    visitor.tell(*EYELID)
    assert [visitor.client.get(PDF).status_code for _ in range(3)] == [200, 200, 429]
    assert len(sheets) == 2
    page = Page(visitor.client.get(PDF).content.decode())
    assert RESULT in page.links
