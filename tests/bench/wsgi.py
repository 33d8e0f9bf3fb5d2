"""The site as it ships, with bare views beside it."""

from django.conf import settings

from twitchinfo.wsgi import application

settings.ROOT_URLCONF = "tests.bench.urls"
__all__ = ["application"]
