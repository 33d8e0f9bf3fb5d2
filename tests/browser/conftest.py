"""Chromium for the tests in this folder, which are a pytest run of their own.

`page` is a phone; ask for both sizes with
`@pytest.mark.parametrize("viewport", ["phone", "desktop"], indirect=True)`. A test fails by itself when a
page logs an error or asks another site for anything.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from .chromium import CHROMIUM_ARGUMENTS, VIEWPORTS, installed_chromium

# Playwright's loop runs in the thread of the test, where Django would refuse to touch the database.
# Set here only: in the ordinary run that refusal finds real mistakes.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": installed_chromium(),
        "args": CHROMIUM_ARGUMENTS,
    }


@pytest.fixture
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    return VIEWPORTS[getattr(request, "param", "phone")]


@pytest.fixture
def browser_context_args(
    browser_context_args: dict[str, Any], viewport: ViewportSize, live_server: LiveServer
) -> dict[str, Any]:
    return {
        **browser_context_args,
        "viewport": viewport,
        "locale": "en-GB",
        "reduced_motion": "reduce",  # else the page still glides while a test looks where things are
        "base_url": live_server.url,
    }


@pytest.fixture
def page_errors() -> list[str]:
    """What went wrong inside the pages so far. A test that provokes an error clears the list."""
    return []


@pytest.fixture
def context(
    context: BrowserContext, page_errors: list[str], live_server: LiveServer
) -> Iterator[BrowserContext]:
    def on_request(url: str) -> None:
        if not url.startswith((f"{live_server.url}/", "data:", "blob:")):
            page_errors.append(f"asked another site for {url}")

    context.on(
        "console", lambda m: page_errors.append(f"console: {m.text}") if m.type == "error" else None
    )
    context.on("weberror", lambda e: page_errors.append(f"script: {e.error}"))
    context.on("request", lambda request: on_request(request.url))
    yield context
    assert not page_errors, "\n".join(page_errors)


@pytest.fixture
def open_page(page: Page) -> Callable[[str], Page]:
    """Open a path of the site; unlike `page.goto` it does not take an error page for a page."""

    def open_path(path: str) -> Page:
        response = page.goto(path)
        assert response, f"{path} gave no answer"
        assert response.ok, f"{path} answered {response.status}"
        return page

    return open_path


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Assert that a page, in the state it is in, has no accessibility violation."""

    def check(page: Page) -> None:
        results = Axe().run(page, options={"runOnly": WCAG_2_2_AA, "resultTypes": ["violations"]})
        assert not results.violations_count, results.generate_report()

    return check


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """Assert that nothing of a page lies beside a screen of 320 pixels."""

    def check(page: Page) -> None:
        before = page.viewport_size
        page.set_viewport_size({"width": 320, "height": 640})
        wide = page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("body *")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .map((e) => `${e.tagName}.${e.className}`).slice(0, 5)"""
        )
        assert not wide, f"{page.url} is wider than 320 pixels: {wide}"
        if before:
            page.set_viewport_size(before)

    return check


@pytest.fixture
def sound(axe: Callable[[Page], None], fits: Callable[[Page], None]) -> Callable[[Page], None]:
    """Assert what holds for every public page: one heading, usable by everyone, at any width."""

    def check(page: Page) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        axe(page)
        fits(page)

    return check
