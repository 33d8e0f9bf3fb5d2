"""The addresses of the site and two bare views, in one process, so that both are measured side by side."""

import os

from django.http import HttpRequest, HttpResponse
from django.urls import path

from twitchinfo.urls import handler500
from twitchinfo.urls import urlpatterns as of_the_site

__all__ = ["handler500", "urlpatterns"]


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def process(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(os.getpid()))


urlpatterns = [path("bench/bare/", bare), path("bench/process/", process), *of_the_site]
