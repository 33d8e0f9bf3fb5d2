"""Chromium for the tests in this folder, which are a pytest run of their own.

`page` is a phone; ask for both sizes with
`@pytest.mark.parametrize("viewport", ["phone", "desktop"], indirect=True)`. A test fails by itself when a
page logs an error or asks another site for anything.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from . import proof
from .chromium import CHROMIUM_ARGUMENTS, VIEWPORTS, installed_chromium

# Playwright's loop runs in the thread of the test, where Django would refuse to touch the database.
# Set here only: in the ordinary run that refusal finds real mistakes.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


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

    proof.watch(context)
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


@pytest.fixture(scope="session")
def quick(request: pytest.FixtureRequest) -> bool:
    """Whether this is an ordinary run, which takes a quick look; with `--all` everything is looked at."""
    return request.config.getoption("markexpr") == "not long"


@pytest.fixture
def sound(quick: bool) -> Callable[[Page], None]:
    """Assert what holds for every public page in every state, at every width, by day and by night."""

    def check(page: Page) -> None:
        found = proof.look_at(page, quick=quick)
        assert not found, "\n".join([page.url, *found])

    return check


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Assert that a page of the desk, in the state it is in, has no accessibility violation.

    Its layout is Django's, and made for wide screens: what `sound` asks of it is not asked here.
    """

    def check(page: Page) -> None:
        found = proof.violations(page)
        assert not found, "\n".join([page.url, *found])

    return check


@pytest.fixture
def with_failures(settings: Settings) -> None:
    """Serve the pages of `tests.browser.urls` as well: those that nobody wishes to see, and the style guide."""
    settings.ROOT_URLCONF = "tests.browser.urls"
