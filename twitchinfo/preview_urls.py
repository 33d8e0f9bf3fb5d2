"""All addresses while a preview is shown: every public page under /preview/, so that each link stays inside."""

from django.contrib import admin
from django.urls import include, path

from .urls import handler500, public_pages

__all__ = ["handler500", "urlpatterns"]

urlpatterns = [
    path("preview/", include(public_pages)),
    path("admin/", admin.site.urls),
]
