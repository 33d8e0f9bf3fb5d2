"""The site as it ships, with the pages of `tests.browser.urls` beside it."""

from django.conf import settings

from twitchinfo.wsgi import application

settings.ROOT_URLCONF = "tests.browser.urls"
__all__ = ["application"]
