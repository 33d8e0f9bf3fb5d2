"""All addresses of the site. Under /preview/ staff see the same pages with the drafts (preview_urls.py)."""

from django.contrib import admin
from django.urls import include, path

from checker.desk import state_view

from . import views

handler500 = "twitchinfo.errors.server_error"

public_pages = [
    path("", views.home, name="home"),
    path("how-it-works/", views.how_it_works, name="how_it_works"),
    path("how-accurate/", views.how_accurate, name="how_accurate"),
    path("about/", views.about, name="about"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("disclaimer/", views.disclaimer, name="disclaimer"),
    path("check/", include("checker.urls")),
    path("", include("conditions.urls")),
]

urlpatterns = [
    *public_pages,
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("admin/desk/state/", admin.site.admin_view(state_view), name="desk_state"),
    path("admin/", admin.site.urls),
]
