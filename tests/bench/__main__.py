"""Measure everything in one run, print it, write docs/benchmarks.md and docs/benchmarks.svg."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import django

import run

os.environ |= {"TWITCHINFO_ENV": "local", "DJANGO_SETTINGS_MODULE": "twitchinfo.settings"}
django.setup()

from django.conf import settings  # noqa: E402  (needs the environment above, as all of these)

from checker.engine.knowledge import build  # noqa: E402
from conditions import content  # noqa: E402
from tests.checker.visitor import START, reply  # noqa: E402
from tests.pages import Page  # noqa: E402
from tests.serving import STORY, Browser, environment, manage, serving  # noqa: E402

from . import engine, plot, visits  # noqa: E402
from .load import Cost, load, memory_mb, request  # noqa: E402

ROUNDS = 9
SECONDS = 0.6
CHECKS = 4
"""Whole checks in each round."""
STARTS = 5
LIBRARY_PAGE = "/conditions/benign-fasciculation-syndrome/"
APPLICATION, PEER = "tests.bench.wsgi:application", "tests.bench.peer.wsgi:application"
BARE = "a bare view"


@dataclass(frozen=True)
class Spread:
    """What the rounds gave: the middle, and the middle half of them."""

    middle: float
    low: float
    high: float

    def shown(self, digits: int, unit: str = "") -> str:
        return (
            f"{self.middle:,.{digits}f}{unit} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"
        )


def spread(found: Iterable[float]) -> Spread:
    low, middle, high = statistics.quantiles(found, n=4)
    return Spread(middle, low, high)


@dataclass(frozen=True)
class Goal:
    what: str
    measured: str
    goal: str
    is_met: bool

    def __str__(self) -> str:
        met = "yes" if self.is_met else "**no**"
        return f"| {self.what} | {self.measured} | {self.goal} | {met} |"


@dataclass
class Report:
    goals: list[Goal]
    requests: list[str]
    checks: list[str]
    engine: list[str]
    growth: list[str]
    footprint: list[str]


def served(site: dict[str, str], folder: Path, report: Report) -> None:
    """Measure requests and whole checks, here and in the peer, in turn."""
    log = folder / "log"
    starts = []
    for _ in range(STARTS):
        started = time.monotonic()
        with serving(site, log, application=APPLICATION):
            starts.append(time.monotonic() - started)
    with serving(site, log, application=APPLICATION) as port:
        browser = Browser(port)
        process = int(browser.get("/bench/process/")[1])
        pages = public_pages(browser)
        for path in pages:
            browser.get(path)
        requests = kinds(browser)
        costs: dict[str, list[Cost]] = {name: [] for name in requests}
        for number in range(ROUNDS + 1):  # the first round only warms up
            for name, (asked, status) in requests.items():
                cost = load(port, process, asked, status, seconds=SECONDS)
                if number:
                    costs[name].append(cost)
        memory = memory_mb(process)
        walked = visits.pages_asked(Browser(port))
        peer_site = site | {"PEER_PAGES": " ".join(walked)}
        python("-m", "tests.bench.peer.fill", environment=peer_site)
        with serving(peer_site, log, application=PEER) as peer_port:
            peer_process = int(Browser(peer_port).get("/bench/process/")[1])
            ours: list[visits.Visit] = []
            theirs: list[visits.Visit] = []
            for number in range(ROUNDS + 1):
                # Browsers of each round: the server ends a connection that was silent for long.
                one = visits.cost(process, Browser(port).whole_check, CHECKS)
                check = partial(visits.peer_check, Browser(peer_port), walked[0])
                other = visits.cost(peer_process, check, CHECKS)
                if number:
                    ours.append(one)
                    theirs.append(other)
    bare = costs[BARE]
    throughput = {
        name: spread(a.per_second / b.per_second for a, b in zip(found, bare, strict=True))
        for name, found in costs.items()
    }
    for name, found in costs.items():
        cpu = spread(cost.cpu_ms for cost in found)
        bares = spread(a.cpu_ms / b.cpu_ms for a, b in zip(found, bare, strict=True))
        rate = statistics.median(cost.per_second for cost in found)
        report.requests.append(
            f"| {name} | {rate:,.0f} | {throughput[name].shown(2)} | {cpu.shown(2)} | {bares.middle:.1f} |"
        )
    whole, conventional = spread(v.cpu_ms for v in ours), spread(v.cpu_ms for v in theirs)
    times = spread(b.cpu_ms / a.cpu_ms for a, b in zip(ours, theirs, strict=True))
    bare_ms = statistics.median(cost.cpu_ms for cost in bare)
    for name, visit, taken in (
        ("this site", ours[0], whole),
        ("the conventional way", theirs[0], conventional),
    ):
        report.checks.append(
            f"| {name} | {visit.requests} | {taken.shown(1)} | {taken.middle / bare_ms:,.0f} |"
        )
    library = throughput["a library page"]
    start = spread(starts)
    report.goals += [
        Goal("library page, throughput against a bare view", library.shown(2), ">= 0.9", library.middle >= 0.9),
        Goal(
            f"whole check ({ours[0].requests} requests), processor time",
            whole.shown(0, " ms"), "<= 60 ms", whole.middle <= 60,
        ),
        Goal("whole check, the conventional way against ours", times.shown(1), ">= 5", times.middle >= 5),
        Goal(f"memory of a worker, {len(pages)} ready pages", f"{memory:.0f} MB", "<= 120 MB", memory <= 120),
        Goal("start to first answer", start.shown(1, " s"), "<= 2 s", start.middle <= 2),
    ]  # fmt: skip


def public_pages(browser: Browser) -> list[str]:
    found = dict.fromkeys(["/", "/conditions/", "/how-it-works/", "/about/", "/privacy/"])
    for path in list(found):
        found |= dict.fromkeys(
            re.findall(r'href="(/(?!static|check|search|admin)[^"#?]*/)"', browser.get(path)[1])
        )
    return [path for path in found if browser.get(path)[0] == 200]


def kinds(browser: Browser) -> dict[str, tuple[bytes, int]]:
    """A request of each kind, with the status that it must get."""
    browser.whole_check()
    finished = dict(browser.cookies)
    browser.cookies.clear()
    browser.get(START)
    path = browser.follow(START, {"who": "me"})
    at_start = dict(browser.cookies)
    data = reply(Page(browser.get(path)[1]), STORY)
    body = urlencode({"csrfmiddlewaretoken": at_start["csrftoken"], **data}, doseq=True)
    return {
        BARE: (request("/bench/bare/"), 200),
        "a library page": (request(LIBRARY_PAGE), 200),
        "a question page": (request(path, cookies=at_start), 200),
        "the post of an answer": (request(path, method="POST", cookies=at_start, body=body), 302),
        "a result page": (request("/check/result/", cookies=finished), 200),
    }


def ranked(report: Report) -> None:
    """Measure the engine on the shipped content, beside two libraries."""
    kb = build(content.check_rows(content.rows_of_folder(settings.CONTENT_FOLDER)))
    small = engine.grown(*engine.SMALL)
    ours, choice = engine.ranking(kb), engine.next_question(small)
    rows = [
        ("ranking, with every reason", kb, ours),
        ("ranking, pyAgrum: the shares alone", kb, engine.pyagrum_ranking(kb)),
        ("ranking, scikit-learn's BernoulliNB: the shares alone", kb, engine.sklearn_ranking(kb)),
        ("choosing the next question", kb, engine.next_question(kb)),
        ("choosing the next question, made-up content", small, choice),
    ]
    report.engine += [
        f"| {name} | {len(of.conditions)} | {len(of.findings)} "
        f"| {t.median:.3f} | {t.p95:.3f} | {t.median / ours.median:.1f} |"
        for name, of, t in rows
    ]
    report.goals += [
        Goal("ranking, 95th percentile", f"{ours.p95:.3f} ms", "<= 0.2 ms", ours.p95 <= 0.2),
        Goal(
            f"next question of {len(small.conditions)} conditions and {len(small.findings)} findings, 95th percentile",
            f"{choice.p95:.2f} ms",
            "<= 2 ms",
            choice.p95 <= 2,
        ),
    ]


def grown(report: Report) -> str:
    """Measure how the engine's cost grows; return the picture of it."""
    charts = []
    for title, sizes, size_of in (
        ("conditions", engine.GROWTH[0], lambda one: one.conditions),
        ("findings", engine.GROWTH[1], lambda one: one.findings),
    ):
        found = list(engine.growth(sizes))
        report.growth += [
            f"| {g.conditions:,} | {g.findings:,} | {g.ranking.median:.2f} | {g.ranking.p95:.2f} "
            f"| {g.next_question.median:.2f} | {g.next_question.p95:.2f} |"
            for g in found
        ]
        charts.append((title, lines(found, size_of)))
    return plot.growth_plot(charts)


def lines(
    found: Sequence[engine.Grown], size_of: Callable[[engine.Grown], int]
) -> list[plot.Series]:
    return [
        plot.Series("ranking", plot.TEAL, [(size_of(g), g.ranking.median) for g in found]),
        plot.Series(
            "next question", plot.AMBER, [(size_of(g), g.next_question.median) for g in found]
        ),
    ]


def weighed(site: dict[str, str], report: Report) -> None:
    """Say what a worker's memory and start are made of."""
    megabytes = seconds = 0.0
    for line in python("-m", "tests.bench.footprint", environment=site).splitlines():
        step, memory, spent = json.loads(line)
        report.footprint.append(f"| {step} | {memory - megabytes:.0f} | {spent - seconds:.2f} |")
        megabytes, seconds = memory, spent


def python(*line: str, environment: dict[str, str]) -> bytes:
    program: list[str | Path] = [run.PYTHON, *line]
    return subprocess.run(
        program, cwd=run.ROOT, env=environment, check=True, stdout=subprocess.PIPE
    ).stdout


TEXT = """# Benchmarks

`python3 run.py bench` made this file and its picture, in one run, on {processors} processors ({machine}), Python
{python}, SQLite. One granian worker with the settings that ship (`deploy/granian.env`); four connections. What is
compared is measured in turn, {rounds} rounds; a row gives the middle of the rounds and, in brackets, the middle half.

**How to read it.** Milliseconds and requests a second are those of one machine on one day, and the client runs on the
same machine. *Ratios* travel: the bare view answers `ok` from the same process, behind the same middleware and server,
and the conventional peer runs beside it. A library page lies ready and is handed out before the later part of that
middleware. A faster machine makes both sides faster and leaves the ratio about where it
is. Judge a change by the ratios, and a machine by the rest. Processor time is what the worker itself used, in all its
threads, so other programs on the machine disturb it little.

## Goals

| what | measured | goal | met |
| --- | --- | --- | --- |
{goals}

## Requests

| request | a second | throughput against a bare view | processor time, ms | in bare views |
| --- | --- | --- | --- | --- |
{requests}

## A whole check

From the start to the result: the same questions, answered alike. *The conventional way* is a small application kept in
`tests/bench/peer`: the content in tables, django-formtools' wizard, Django's sessions in the database, one SQL query
that ranks; the same middleware, server, page frame, weights, gates and warning signs. It does less: it chooses no next
page, gives no urgency by match, and tells nothing that would change the advice.

| | requests | processor time, ms | in bare views |
| --- | --- | --- | --- |
{checks}

## The engine

Milliseconds of processor time for one case; the last column is the median against our ranking. pyAgrum infers in the
same naive Bayes network, and its shares have to agree with ours to six decimals, or the benchmark stops. scikit-learn
gets the same tables, and counts what was not asked as denied. Neither gives reasons; ours gives every one.

| what | conditions | findings | median, ms | 95th percentile, ms | times |
| --- | --- | --- | --- | --- | --- |
{engine}

## Growth

![Processor time against the size of the content](benchmarks.svg)

Made-up content with questions, groups and warning signs in the proportions of the shipped content.

| conditions | findings | ranking, median ms | 95th percentile | next question, median ms | 95th percentile |
| --- | --- | --- | --- | --- | --- |
{growth}

## What a worker is made of

A fresh process that loads the site, without a server; each step's own share.

| step | memory, MB | processor time, s |
| --- | --- | --- |
{footprint}
"""


def main() -> int:
    if not Path("/proc/self/smaps_rollup").exists():
        sys.exit("The benchmark reads processor time and memory from /proc, so it needs Linux.")
    report = Report([], [], [], [], [], [])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twitchinfo-bench-")))
        site = environment(folder)
        print("Preparing the data ...", flush=True)
        manage("prepare", environment=site)
        print("Measuring the site ...", flush=True)
        served(site, folder, report)
        weighed(site, report)
    print("Measuring the engine ...", flush=True)
    ranked(report)
    print("Measuring growth ...", flush=True)
    picture = grown(report)
    tables = {name: "\n".join(map(str, rows)) for name, rows in vars(report).items()}
    text = TEXT.format(
        processors=os.cpu_count(),
        machine=platform.machine(),
        python=platform.python_version(),
        rounds=ROUNDS,
        **tables,
    )
    (run.ROOT / "docs" / "benchmarks.svg").write_text(picture)
    (run.ROOT / "docs" / "benchmarks.md").write_text(text)
    print(text.partition("## Goals")[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
