"""Addresses of the check. None of them holds an answer or a condition."""

from django.urls import path

from . import views

app_name = "checker"
urlpatterns = [
    path("", views.start, name="start"),
    path("help-now/", views.help_now, name="help_now"),
    path("emergency/", views.emergency, name="emergency"),
    path("support/", views.support, name="support"),
    path("answers/", views.answers_given, name="answers"),
    path("result/", views.result, name="result"),
    path("result/pdf/", views.result_pdf, name="result_pdf"),
    path("result/fhir/", views.result_fhir, name="result_fhir"),
    path("clear/", views.clear, name="clear"),
    path("<slug:slug>/", views.question, name="question"),
]
