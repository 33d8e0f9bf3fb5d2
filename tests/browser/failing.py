"""How a page can fail. `tests.browser.urls` makes it fail so at /proof/<name>/."""

MISTAKES = ("400", "403", "403-csrf", "404", "500", "503", "503-database")
LIMITS = ("search", "reply", "login")
"""What somebody did too often."""
FAILING = (*MISTAKES, *(f"429-{what}" for what in LIMITS))
