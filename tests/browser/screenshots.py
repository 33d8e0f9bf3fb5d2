"""Pictures of the main pages and states, on a phone and a desktop, by day and by night.

`python3 run.py screenshots` writes them to var/screenshots. It serves the shipped content from a folder of
its own that is gone afterwards; words after the verb choose pictures: `screenshots result emergency`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from tests.browser.chromium import CHROMIUM_ARGUMENTS, VIEWPORTS, installed_chromium  # noqa: E402
from tests.browser.visitor import (  # noqa: E402
    EYELID,
    HAND_GROWS_WEAK,
    STROKE,
    WORRIED_ABOUT_CALVES,
    Story,
    answer_to_the_end,
    fill,
    next_screen,
    path_of,
    see_the_result,
    start,
)

FOLDER = ROOT / "var" / "screenshots"
SCHEMES = ("light", "dark")
# Longer pages are cut off: nobody looks at twenty screens of warning signs.
TALLEST = 6000
START_SECONDS = 20
LIBRARY = {
    "home": "/",
    "library": "/conditions/",
    "entry": "/conditions/motor-neurone-disease-als/",
    "causes": "/causes/",
    "warning-signs": "/warning-signs/",
    "movements": "/movements/",
    "concerns": "/concerns/",
    "sources": "/sources/",
    "article": "/understanding-muscle-twitches/",
    "reply": "/understanding-muscle-twitches/reply/",
    "how-it-works": "/how-it-works/",
    "how-accurate": "/how-accurate/",
    "about": "/about/",
    "privacy": "/privacy/",
    "not-found": "/not-here/",
    "start": "/check/",
    "help-now": "/check/help-now/",
}


class Camera:
    """Takes four pictures of whatever a page shows."""

    def __init__(self, page: Page, wanted: list[str]) -> None:
        self.page = page
        self.wanted = wanted
        self.taken = 0

    def wants(self, *names: str) -> bool:
        return not self.wanted or any(name in self.wanted for name in names)

    def take(self, name: str) -> None:
        if not self.wants(name):
            return
        before = self.page.viewport_size
        for device, size in VIEWPORTS.items():
            self.page.set_viewport_size({"width": size["width"], "height": size["height"]})
            tall = self.page.evaluate("document.documentElement.scrollHeight")
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                self.page.screenshot(
                    path=FOLDER / f"{name}-{device}-{scheme}.png",
                    full_page=True,
                    clip={"x": 0, "y": 0, "width": size["width"], "height": min(tall, TALLEST)},
                )
                self.taken += 1
        if before:
            self.page.set_viewport_size(before)


def pictures_of_library(camera: Camera) -> None:
    page = camera.page
    for name, path in LIBRARY.items():
        if camera.wants(name):
            page.goto(path)
            camera.take(name)
    if camera.wants("reply-with-error"):
        page.goto(LIBRARY["reply"])
        page.get_by_role("button", name="Send reply").click()
        camera.take("reply-with-error")


def pictures_of_check(camera: Camera) -> None:
    page = camera.page

    def show(page: Page) -> None:
        name = path_of(page).split("/")[2]
        camera.take(name)
        if name == "weakness" and camera.wants("weakness-with-error"):
            next_screen(page)
            camera.take("weakness-with-error")
        if name in ("movement", "place") and camera.wants(f"{name}-answered"):
            fill(page, EYELID)
            camera.take(f"{name}-answered")

    start(page)
    answer_to_the_end(page, EYELID, on_each=show)
    camera.take("answers")
    see_the_result(page)
    camera.take("result-self-care")
    low = replace(
        WORRIED_ABOUT_CALVES,
        answers=(*WORRIED_ABOUT_CALVES.answers, "Low mood", "Yes, such thoughts"),
    )
    stories: dict[str, tuple[Story, str]] = {
        "result-routine": (WORRIED_ABOUT_CALVES, "answers"),
        "result-soon": (HAND_GROWS_WEAK, "answers"),
        "support": (low, "support"),
        "emergency": (STROKE, "emergency"),
    }
    for name, (story, place) in stories.items():
        if not camera.wants(name):
            continue
        start(page)
        answer_to_the_end(page, story)
        assert path_of(page) == f"/check/{place}/", f"{name} came to {page.url}"
        if place == "answers":
            see_the_result(page)
        camera.take(name)
    if camera.wants("result-emergency"):
        start(page)
        answer_to_the_end(page, STROKE)
        page.get_by_role("button", name="Continue anyway").click()
        answer_to_the_end(page, STROKE, skip=True)
        see_the_result(page)
        camera.take("result-emergency")


def pictures_of_desk(camera: Camera, password: str) -> None:
    names = ("admin-login", "admin", "admin-condition", "admin-publish")
    if not camera.wants(*names):
        return
    page = camera.page
    page.goto("/admin/")
    camera.take("admin-login")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    camera.take("admin")
    page.goto("/admin/conditions/condition/?q=benign-eyelid-myokymia")
    page.get_by_role("table").get_by_role("link", name="Eyelid twitch", exact=True).click()
    camera.take("admin-condition")
    page.get_by_label("Summary", exact=False).fill("A lid that flutters, and what to do.")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.goto("/admin/conditions/release/publish/")
    camera.take("admin-publish")


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """Serve the shipped content; give the address and the password of its admin."""
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
        command = [sys.executable, "-m", "granian", *options, "twitchinfo.wsgi:application"]
        server = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/readyz", server)
            yield address, password
        finally:
            server.terminate()
            server.wait(10)


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(address):
                return
        except URLError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main(wanted: list[str]) -> None:
    if not wanted:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with served() as (address, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_chromium(), args=CHROMIUM_ARGUMENTS
        )
        # With less motion no colour is caught half way between day and night.
        page = browser.new_page(
            base_url=address,
            viewport=VIEWPORTS["phone"],
            locale="en-GB",
            reduced_motion="reduce",
        )
        camera = Camera(page, wanted)
        pictures_of_library(camera)
        pictures_of_check(camera)
        pictures_of_desk(camera, password)
        browser.close()
    print(f"{camera.taken} pictures are in {FOLDER.relative_to(ROOT)}.")


if __name__ == "__main__":
    main(sys.argv[1:])
