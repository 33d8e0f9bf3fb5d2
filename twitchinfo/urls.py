"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from . import views

handler500 = "twitchinfo.errors.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("how-it-works/", views.how_it_works, name="how_it_works"),
    path("how-accurate/", views.how_accurate, name="how_accurate"),
    path("about/", views.about, name="about"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("disclaimer/", views.disclaimer, name="disclaimer"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("check/", include("checker.urls")),
    path("", include("conditions.urls")),
    path("admin/", admin.site.urls),
]
