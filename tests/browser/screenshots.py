"""Pictures of every page in every state, on a phone and a desktop, by day and by night.

`python3 run.py screenshots` writes them to var/screenshots. It serves the shipped content from a folder of
its own that is gone afterwards; words after the verb choose pictures: `screenshots home result-self-care`.
"""

from __future__ import annotations

import shutil
import sys

from playwright.sync_api import Page, sync_playwright

from . import states
from .chromium import CHROMIUM_ARGUMENTS, VIEWPORTS, installed_chromium
from .proof import SCHEMES
from .served import ROOT, served

FOLDER = ROOT / "var" / "screenshots"
# Longer pages are cut off: nobody looks at twenty screens of warning signs.
TALLEST = 6000
ENTRIES = {
    "entry-feared": "/conditions/motor-neurone-disease-als/",
    "entry-usual": "/conditions/benign-eyelid-myokymia/",
}
PRINTED = ("entry-feared", "result-self-care", "emergency")


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
                self.page.emulate_media(color_scheme=scheme)
                self.page.screenshot(
                    path=FOLDER / f"{name}-{device}-{scheme}.png",
                    full_page=True,
                    clip={"x": 0, "y": 0, "width": size["width"], "height": min(tall, TALLEST)},
                )
                self.taken += 1
        if before:
            self.page.set_viewport_size(before)
        if name in PRINTED:
            self.page.emulate_media(color_scheme="light")
            self.page.pdf(path=FOLDER / f"{name}.pdf", prefer_css_page_size=True, format="A4")


def pictures_of_site(camera: Camera) -> None:
    page = camera.page
    addresses = {**states.PAGES, **states.FAILURES, **ENTRIES}
    for name, path in addresses.items():
        if camera.wants(name):
            # As it is met, nothing unfolded.
            page.goto(path)
            camera.take(name)
    for walk in (*states.OTHERS, *states.CHECKS):
        for name in walk(page):
            camera.take(name)


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
        pictures_of_site(camera)
        pictures_of_desk(camera, password)
        browser.close()
    print(f"{camera.taken} pictures are in {FOLDER.relative_to(ROOT)}.")


if __name__ == "__main__":
    main(sys.argv[1:])
