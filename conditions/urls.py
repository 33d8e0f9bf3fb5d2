"""Addresses of the library."""

from django.urls import path

from . import views

app_name = "conditions"
urlpatterns = [
    path("conditions/", views.library, name="library"),
    path("conditions/by-place/", views.by_place, name="by_place"),
    path("conditions/<slug:slug>/", views.condition_detail, name="detail"),
    path("search/", views.search, name="search"),
    path("causes/", views.causes, name="causes"),
    path("warning-signs/", views.warning_signs, name="warning_signs"),
    path("movements/", views.movements, name="movements"),
    path("concerns/", views.concerns, name="concerns"),
    path("sources/", views.sources, name="sources"),
    path("tell-us/", views.report, name="report"),
    path("understanding-muscle-twitches/", views.article, name="article"),
    path("understanding-muscle-twitches/reply/", views.reply, name="reply"),
]
