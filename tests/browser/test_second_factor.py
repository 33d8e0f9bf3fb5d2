"""The door of the desk: password, setting up a second factor, recovery codes, and the next log-in."""

from __future__ import annotations

import re
import time

import pytest
from django.contrib.auth.models import User
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect
from pytest_django import Settings

from . import proof
from .visitor import path_of

PASSWORD = "correct horse battery"


def log_in(page: Page, name: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state()


def barriers(page: Page) -> list[str]:
    """Return what axe finds, by day and by night, and whether the page is wider than a small phone."""
    found: list[str] = []
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(proof.AXE_SCRIPT)
    before = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    for scheme in proof.SCHEMES:
        page.emulate_media(color_scheme=scheme)
        # Links of the admin glide from one colour to the other.
        page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
        found += page.evaluate(proof.AXE, proof.AXE_OPTIONS)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than 320 pixels")
    if before:
        page.set_viewport_size(before)
    return found


@pytest.mark.usefixtures("edition", "transactional_db")
def test_an_editor_sets_up_a_second_factor_and_is_asked_for_it(
    page: Page,
    settings: Settings,
) -> None:
    # Given a new editor where a second factor is required
    settings.SECOND_FACTOR_REQUIRED = True
    User.objects.create_superuser("ann", password=PASSWORD)
    log_in(page, "ann")
    page.wait_for_url("**/admin/second-factor/new/**")
    assert page.locator("svg.qr path").first.bounding_box(), "no picture"
    assert barriers(page) == []

    # When the code is wrong, it is said; when it is right, recovery codes are shown
    code = page.get_by_label("Code that the app shows now")
    code.fill("12 34")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This code is not right")).to_be_visible()
    assert barriers(page) == []
    device = TOTPDevice.objects.get()
    device.throttle_reset()
    expect(page.get_by_text(re.compile("Or type this key"))).to_be_visible()
    now = TOTP(device.bin_key)
    now.time = time.time()
    code.fill(f"{now.token():06d}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    codes = page.get_by_role("listitem").all_inner_texts()
    assert len(codes) == 10
    assert barriers(page) == []
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Drafts")

    # Then the next log-in asks for a code, and a recovery code will do
    page.get_by_role("button", name="Log out").click()
    log_in(page, "ann")
    page.wait_for_url("**/admin/second-factor/**")
    assert barriers(page) == []
    page.get_by_label("Code from your app, or a recovery code").fill(codes[0].upper())
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/admin/")
    page.get_by_role("link", name="Second factor").click()
    assert path_of(page) == "/admin/second-factor/"
    expect(page.get_by_text("9 recovery codes left")).to_be_visible()
    assert barriers(page) == []
