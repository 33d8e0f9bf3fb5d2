"""All of every page in a real browser: `python3 run.py audit`.

It serves the shipped content as it ships, from a folder of its own that is gone afterwards, and looks at
every page in every state and at every single entry: at 320, 768 and 1280 pixels, by day and by night, with
all rules of WCAG 2.2 AA that axe knows, for what moves while it loads, for what is asked of other hosts, for
errors on the console, by Tab alone, and for how much is transferred on a first visit. Lighthouse then gives
its four scores of four pages where Node is installed. The report is var/audit/report.md; whatever is found
makes the exit code 1. Words after the verb choose parts: `audit states entries weight lighthouse`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from . import proof, states
from .chromium import CHROMIUM_ARGUMENTS, VIEWPORTS, installed_chromium
from .served import ROOT, served
from .visitor import EYELID, fill, next_screen, path_of, start

FOLDER = ROOT / "var" / "audit"
PROCESSES = 2
MOST_TABS = 4000
"""Between the first and the last place on a page: some hold a thousand links."""
MOST_BYTES = 60 * 1024
MOST_SCRIPT = 15 * 1024
"""Transferred on a first visit to any page, headers included: all of it, and its scripts."""
LEAST_SCORE = 95
LIGHTHOUSE = "lighthouse@12.8.2"
LONGEST_LIGHTHOUSE = 300
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
ENTRY = "/conditions/motor-neurone-disease-als/"

FILES = """() => [
  ...performance.getEntriesByType("resource").map((entry) => entry.name),
  ...[...document.querySelectorAll("link[rel=icon]")].map((link) => link.href),
]"""
"""What a page loaded, from the network or from memory, and its icon, which is not among it."""

Found = tuple[int, list[str]]
"""How many pages were looked at, and what was wrong with them."""


@dataclass
class Part:
    """One part of the audit: what it looked at, and what it found."""

    title: str
    looked_at: int = 0
    found: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """What is worth telling besides, in Markdown."""
    missing: str = ""
    seconds: float = 0.0

    def add(self, found: Found) -> None:
        self.looked_at += found[0]
        self.found += found[1]


# ---------------------------------------------------------------- a visitor who is listened to


@contextmanager
def browsing() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_chromium(), args=CHROMIUM_ARGUMENTS
        )
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, address: str, errors: list[str]) -> Iterator[Page]:
    """Give the page of a new visitor; what goes wrong inside its pages is added to `errors`."""
    context = browser.new_context(
        base_url=address, viewport=VIEWPORTS["phone"], locale="en-GB", reduced_motion="reduce"
    )
    listen(context, address, errors)
    proof.watch(context)
    yield context.new_page()
    context.close()


def listen(context: BrowserContext, address: str, errors: list[str]) -> None:
    def on_console(kind: str, text: str, place: str) -> None:
        # The browser notes an answer of 400 and above, which these pages give on purpose.
        if kind in ("error", "warning") and "/proof/" not in place:
            errors.append(f"console: {text}")

    def on_request(url: str) -> None:
        if not url.startswith((f"{address}/", "data:", "blob:")):
            errors.append(f"asks another host for {url}")

    context.on("console", lambda m: on_console(m.type, m.text, m.location["url"]))
    context.on("weberror", lambda e: errors.append(f"script: {e.error}"))
    context.on("request", lambda request: on_request(request.url))


def tab_through(page: Page) -> list[str]:
    """Go through a page by Tab alone; return what gets the focus and does not show it."""
    found: list[str] = []
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0) }")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        place = page.evaluate(proof.FOCUS)
        if place is None:
            return found
        if not place["seen"]:
            found.append(f"has the focus out of sight: {place['what']}")
        if not place["marked"]:
            found.append(f"does not show the focus: {place['what']}")
    return [*found, f"Tab does not come to an end in {MOST_TABS} steps"]


def still_at_every_width(page: Page) -> list[str]:
    """Return what moves while a page loads on screens of every width."""
    found = []
    page.emulate_media(reduced_motion="reduce")
    for width, height in proof.HEIGHTS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        found += [f"at {width}: {line}" for line in page.evaluate(proof.SHIFT, proof.MOST_SHIFT)]
    return found


# ---------------------------------------------------------------- parts that share the work


def look_at_walk(address: str, name: str) -> Found:
    """Look at every state on one way through the site."""
    (walk,) = (w for w in (*states.OTHERS, *states.CHECKS) if w.__name__ == name)
    count, found, errors = 0, [], []  # type: ignore[var-annotated]
    with browsing() as browser, visiting(browser, address, errors) as page:
        for state in walk(page):
            count += 1
            found += [f"{state}: {line}" for line in [*proof.look_at(page), *errors]]
            errors.clear()
    return count, found


def look_at_pages(address: str, paths: dict[str, str]) -> Found:
    """Look at pages that have an address: also at how they load, and by Tab alone."""
    found: list[str] = []
    errors: list[str] = []
    with browsing() as browser, visiting(browser, address, errors) as page:
        for name in states.pages(page, paths):
            wrong = [*proof.look_at(page), *tab_through(page), *still_at_every_width(page)]
            found += [f"{name}: {line}" for line in [*wrong, *errors]]
            errors.clear()
    return len(paths), found


def weigh(address: str, paths: dict[str, str]) -> list[tuple[str, int, int]]:
    """Return of each page, and of each page of a check if there are no paths, its bytes and those of its scripts."""
    weighed: list[tuple[str, int, int]] = []
    known: dict[str, int] = {}
    finished: list[Request] = []
    with browsing() as browser:
        context = browser.new_context(base_url=address, viewport=VIEWPORTS["phone"])
        context.on("requestfinished", lambda request: finished.append(request))
        page = context.new_page()
        names = states.pages(page, paths) if paths else states.eyelid(page)
        for name in names:
            page.wait_for_load_state("networkidle")
            documents = [r for r in finished if r.is_navigation_request()]
            # A file may come before its page has ended, and later from memory: what it weighed at first counts.
            for request in finished:
                sizes = request.sizes()
                size = sizes["responseBodySize"] + sizes["responseHeadersSize"]
                known[request.url] = max(size, known.get(request.url, 0))
            finished.clear()
            if not documents:
                continue  # another state of the page that was weighed
            sizes = documents[-1].sizes()
            of_page = sizes["responseBodySize"] + sizes["responseHeadersSize"]
            files = {url: known[url] for url in page.evaluate(FILES)}
            scripts = sum(size for url, size in files.items() if url.endswith(".js"))
            weighed.append((name, of_page + sum(files.values()), scripts))
        context.close()
    return weighed


def entries(address: str) -> dict[str, str]:
    """The addresses of every single entry, as the library links them."""
    with browsing() as browser:
        page = browser.new_page(base_url=address)
        page.goto("/conditions/")
        paths = page.locator("#a-z .letter a").evaluate_all("(all) => all.map((a) => a.pathname)")
    return {path: path for path in sorted(set(paths))}


# ---------------------------------------------------------------- the parts


def audit_states(address: str, pool: ProcessPoolExecutor) -> Part:
    part = Part("Every page in every state")
    names = [walk.__name__ for walk in (*states.CHECKS, *states.OTHERS)]
    waiting = [pool.submit(look_at_walk, address, name) for name in names]
    everything = {**states.PAGES, **states.FAILURES}
    waiting += [pool.submit(look_at_pages, address, some) for some in parts_of(everything, 6)]
    for done in waiting:
        part.add(done.result())
    return part


def audit_entries(address: str, pool: ProcessPoolExecutor) -> Part:
    part = Part("Every single entry")
    waiting = [pool.submit(look_at_pages, address, some) for some in parts_of(entries(address), 12)]
    for done in waiting:
        part.add(done.result())
    return part


def audit_weight(address: str, pool: ProcessPoolExecutor) -> Part:
    part = Part("Weight of a first visit")
    of_pages = pool.submit(weigh, address, {**states.PAGES, **entries(address)})
    of_check = pool.submit(weigh, address, {})
    weighed = sorted([*of_pages.result(), *of_check.result()], key=lambda w: -w[1])
    part.looked_at = len(weighed)
    for name, all_of_it, scripts in weighed:
        if all_of_it > MOST_BYTES:
            part.found.append(f"{name}: {all_of_it} bytes, more than {MOST_BYTES}")
        if scripts > MOST_SCRIPT:
            part.found.append(f"{name}: {scripts} bytes of script, more than {MOST_SCRIPT}")
    rows = [f"| {name} | {size / 1024:.1f} | {js / 1024:.1f} |" for name, size, js in weighed]
    part.told = ["| heaviest | KB | of which scripts |", "| --- | ---: | ---: |", *rows[:8]]
    return part


def audit_lighthouse(address: str, pool: ProcessPoolExecutor) -> Part:
    part = Part("Lighthouse")
    program = lighthouse()
    if program is None:
        part.missing = f"Node with npm, which brings {LIGHTHOUSE}; or set LIGHTHOUSE to a program"
        return part
    part.told = [f"| page | {' | '.join(CATEGORIES)} |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, (path, cookies) in pages_for_lighthouse(address).items():
        try:
            scores = scores_of(program, f"{address}{path}", cookies, FOLDER / f"{name}.json")
        except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            part.missing = f"{LIGHTHOUSE} could not look at {name}: {error}"
            return part
        part.looked_at += 1
        part.told.append(f"| {name} | {' | '.join(str(scores[c]) for c in CATEGORIES)} |")
        part.found += [
            f"{name}: {category} {score}, less than {LEAST_SCORE}"
            for category, score in scores.items()
            if score < LEAST_SCORE
        ]
    return part


def lighthouse() -> list[str] | None:
    """The command line of Lighthouse; None where there is none and none can be brought."""
    if program := os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse"):
        return [program]
    npx = shutil.which("npx")
    return [npx, "--yes", LIGHTHOUSE] if npx else None


def pages_for_lighthouse(address: str) -> dict[str, tuple[str, str]]:
    """Home, an entry, and a question and a result with the cookies of somebody who is there."""
    with browsing() as browser:
        page = browser.new_page(base_url=address)
        start(page)
        while path_of(page) != "/check/weakness/":
            fill(page, EYELID)
            next_screen(page)
        question = path_of(page), cookies_of(page)
        for _ in states.eyelid(page):
            pass
        result = path_of(page), cookies_of(page)
    return {"home": ("/", ""), "entry": (ENTRY, ""), "question": question, "result": result}


def cookies_of(page: Page) -> str:
    return "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies(page.url))


def scores_of(program: list[str], url: str, cookies: str, report: Path) -> dict[str, int]:
    flags = " ".join(["--headless=new", *CHROMIUM_ARGUMENTS])
    options = ["--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={flags}"]
    if cookies:
        options.append(f"--extra-headers={json.dumps({'Cookie': cookies})}")
    environment = {**os.environ, "CHROME_PATH": installed_chromium() or ""}

    def look() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*program, url, *options],
            env=environment,
            timeout=LONGEST_LIGHTHOUSE,
            stdout=subprocess.DEVNULL,
        )

    # Now and then it misses the start of its own trace. A low score is no failure, and stands.
    if look().returncode:
        look().check_returncode()
    told: dict[str, Any] = json.loads(report.read_text())
    if told["finalDisplayedUrl"] != url:
        raise ValueError(f"it came to {told['finalDisplayedUrl']}")
    return {name: round(100 * told["categories"][name]["score"]) for name in CATEGORIES}


def parts_of(paths: dict[str, str], count: int) -> list[dict[str, str]]:
    """Share pages out, so that the long ones do not come together."""
    items = list(paths.items())
    return [dict(items[first::count]) for first in range(min(count, len(items)))]


PARTS: dict[str, Callable[[str, ProcessPoolExecutor], Part]] = {
    "states": audit_states,
    "entries": audit_entries,
    "weight": audit_weight,
    "lighthouse": audit_lighthouse,
}


# ---------------------------------------------------------------- the report


def report_of(parts: Sequence[Part]) -> str:
    lines = ["# Audit in a real browser", "", f"{time.strftime('%Y-%m-%d %H:%M')}, Chromium.", ""]
    for part in parts:
        lines += [f"## {part.title}", ""]
        if part.missing:
            lines += [f"**Not done.** Missing: {part.missing}.", ""]
        if part.looked_at:
            found = f"{len(part.found)} findings" if part.found else "nothing found"
            lines += [f"{part.looked_at} looked at in {part.seconds:.0f} s: {found}.", ""]
        lines += [*part.told, ""] if part.told else []
        lines += [f"* {line}" for line in part.found]
        lines += [""] if part.found else []
    return "\n".join(lines)


def main(wanted: list[str]) -> int:
    if unknown := set(wanted) - set(PARTS):
        print(f"There is no part {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    parts = []
    spawn = multiprocessing.get_context("spawn")
    with served() as (address, _), ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool:
        for name, look in PARTS.items():
            if wanted and name not in wanted:
                continue
            started = time.monotonic()
            try:
                part = look(address, pool)
            except Exception as error:  # The others are still worth knowing.
                part = Part(name, found=[f"came to a stop: {error!r}"])
            part.seconds = time.monotonic() - started
            parts.append(part)
            result = part.missing and f"not done, missing: {part.missing}"
            result = result or f"{part.looked_at} looked at, {len(part.found)} findings"
            print(f"{part.title:28} {result} ({part.seconds:.0f} s)", flush=True)
    report = FOLDER / "report.md"
    report.write_text(report_of(parts))
    for line in [line for part in parts for line in part.found][:20]:
        print(f"  {line}")
    print(f"The report is in {report.relative_to(ROOT)}.")
    return 1 if any(part.found for part in parts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
