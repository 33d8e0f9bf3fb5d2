"""The wizard, beside the pages of the site that its header and footer lead to."""

from django.urls import path

from tests.bench.urls import handler500
from tests.bench.urls import urlpatterns as of_the_site

from .views import Wizard

__all__ = ["handler500", "urlpatterns"]

wizard = Wizard.as_view(Wizard.forms_of_pages(), url_name="peer", done_step_name="result")
urlpatterns = [path("peer/<slug:step>/", wizard, name="peer"), *of_the_site]
