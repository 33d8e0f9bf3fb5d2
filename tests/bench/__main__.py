"""Measure everything, print it, write docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
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

from . import engine  # noqa: E402
from .load import Cost, cpu_seconds, load, memory_mb, request  # noqa: E402

ROUNDS = 7
SECONDS = 0.7
CHECKS = 30
LIBRARY_PAGE = "/conditions/benign-fasciculation-syndrome/"
APPLICATION = "tests.bench.wsgi:application"
GOAL_RATIO, GOAL_CHECK, GOAL_RANKING, GOAL_MEMORY, GOAL_START = 0.9, 60.0, 0.2, 120.0, 2.0
Row = tuple[str, str, str, str]


def served(site: dict[str, str], folder: Path) -> tuple[list[Row], list[str]]:
    """Rows of targets, and the table of what each kind of page costs."""
    starts = []
    for _ in range(3):
        started = time.monotonic()
        with serving(site, folder / "log", application=APPLICATION):
            starts.append(time.monotonic() - started)
    with serving(site, folder / "log", application=APPLICATION) as port:
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
        before = cpu_seconds(process)
        count = sum(browser.whole_check() for _ in range(CHECKS)) / CHECKS
        check = (cpu_seconds(process) - before) / CHECKS * 1000
        memory = memory_mb(process)
    middle = {
        name: Cost(
            statistics.median(c.per_second for c in found),
            statistics.median(c.cpu_ms for c in found),
        )
        for name, found in costs.items()
    }
    bare = costs["a bare view"]
    ratios = {
        name: statistics.median(
            one.per_second / other.per_second for one, other in zip(found, bare, strict=True)
        )
        for name, found in costs.items()
    }
    table = [
        "| request | a second | processor time, ms | throughput against a bare view |",
        "| --- | --- | --- | --- |",
    ]
    table += [
        f"| {name} | {cost.per_second:,.0f} | {cost.cpu_ms:.2f} | {ratios[name]:.2f} |"
        for name, cost in middle.items()
    ]
    ratio = ratios["a library page"]
    start = statistics.median(starts)
    rows = [
        row("library page, throughput against a bare view", f"{ratio:.2f}", ">= 0.9", ratio >= GOAL_RATIO),
        row(f"whole check ({count:.0f} requests), processor time", f"{check:.0f} ms", "<= 60 ms", check <= GOAL_CHECK),
        row(f"memory of a worker, {len(pages)} ready pages", f"{memory:.0f} MB", "<= 120 MB", memory <= GOAL_MEMORY),
        row("start to first answer", f"{start:.1f} s", "<= 2 s", start <= GOAL_START),
    ]  # fmt: skip
    return rows, table


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
        "a bare view": (request("/bench/bare/"), 200),
        "a library page": (request(LIBRARY_PAGE), 200),
        "a question page": (request(path, cookies=at_start), 200),
        "the post of an answer": (request(path, method="POST", cookies=at_start, body=body), 302),
        "a result page": (request("/check/result/", cookies=finished), 200),
    }


def row(name: str, value: str, goal: str, is_met: bool) -> Row:
    return name, value, goal, "yes" if is_met else "**no**"


def ranked() -> tuple[list[Row], list[str]]:
    kb = build(content.check_rows(content.rows_of_folder(settings.CONTENT_FOLDER)))
    ours = engine.ranking(kb)
    theirs = engine.naive_bayes(len(kb.conditions), len(kb.findings), kb)
    rows = [
        row("ranking, 95th percentile", f"{ours.p95:.3f} ms", "<= 0.2 ms", ours.p95 <= GOAL_RANKING)
    ]
    table = [
        "| ranking of one case | conditions | findings | median, ms | 95th percentile, ms |",
        "| --- | --- | --- | --- | --- |",
    ]

    def line(name: str, conditions: int, findings: int, found: engine.Times) -> str:
        return f"| {name} | {conditions:,} | {findings:,} | {found.median:.3f} | {found.p95:.3f} |"

    table.append(line("shipped content, with reasons", len(kb.conditions), len(kb.findings), ours))
    table.append(
        line(
            "scikit-learn's BernoulliNB, scores only", len(kb.conditions), len(kb.findings), theirs
        )
    )
    table += [line("made-up content, with reasons", c, f, found) for c, f, found in engine.growth()]
    return rows, table


def main() -> int:
    if not Path("/proc/self/smaps_rollup").exists():
        sys.exit("The benchmark reads processor time and memory from /proc, so it needs Linux.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twitchinfo-bench-")))
        site = environment(folder)
        print("Preparing the data ...", flush=True)
        manage("prepare", environment=site)
        print("Measuring the site ...", flush=True)
        rows, pages = served(site, folder)
    print("Measuring the engine ...", flush=True)
    more, rankings = ranked()
    goals = ["| what | measured | goal | met |", "| --- | --- | --- | --- |"]
    goals += [f"| {' | '.join(found)} |" for found in (*rows, *more)]
    text = f"""# Benchmarks

`python3 run.py bench` made this file, in one run, on {os.cpu_count()} processors ({platform.machine()}), Python
{platform.python_version()}, SQLite. One granian worker with the options that `run.py` serves with; four connections.
The bare view answers `ok` from the same process, behind the same middleware; it and the pages are measured in turn,
{ROUNDS} rounds of {SECONDS} s each, and the median of the rounds' ratios counts. Processor time is the worker's own.
The client runs on the same machine, so the requests a second are too low; read the ratios and the processor time.

## Goals

{chr(10).join(goals)}

## Requests

{chr(10).join(pages)}

## Ranking

{chr(10).join(rankings)}
"""
    (run.ROOT / "docs" / "benchmarks.md").write_text(text)
    print(text.partition("## Goals")[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
