"""The application for a WSGI server. Importing it loads the release in force."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "twitchinfo.settings")
application = get_wsgi_application()

from conditions import editions  # noqa: E402  (needs Django to be set up)

editions.start()
