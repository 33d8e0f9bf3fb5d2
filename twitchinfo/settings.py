"""Settings. One file; everything that differs between machines comes from the environment.

TWITCHINFO_ENV=local (what `run.py` sets) runs from a clone: SQLite, plain http, a secret made on the spot.
Without it the settings are those of production, and a start without secrets is refused.
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from .environment import database, flag, listing, required, secret

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("TWITCHINFO_VAR", BASE_DIR / "var"))
"""Everything that is made while running: database, collected static files, the copy of the release."""

ENVIRONMENT = os.environ.get("TWITCHINFO_ENV", "production")
if ENVIRONMENT not in ("local", "production"):
    raise ImproperlyConfigured(f"TWITCHINFO_ENV is 'local' or 'production', not {ENVIRONMENT!r}.")
LOCAL = ENVIRONMENT == "local"


def _local_secret() -> str:
    """Return the secret of this clone, made at the first start and kept out of git."""
    path = VAR / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


DEBUG = LOCAL and flag("DEBUG", default=False)
SECRET_KEY = os.environ.get("SECRET_KEY") or (_local_secret() if LOCAL else "")
if not LOCAL:
    SECRET_KEY = secret("SECRET_KEY", at_least=50)
SECRET_KEY_FALLBACKS = listing("SECRET_KEY_FALLBACKS")
"""Older secrets: cookies that they made stay readable while the secret is changed."""
ALLOWED_HOSTS = listing("ALLOWED_HOSTS")
if not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] if LOCAL else [required("ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = listing("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "checker.apps.CheckerConfig",
    "conditions.apps.ConditionsConfig",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "staff.apps.StaffConfig",
    "staff.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "crispy_forms",
    "csp",
    "simple_history",
]

MIDDLEWARE = [
    # First what only adds headers: so they stand on every answer, on redirects to https, static files and errors too.
    "twitchinfo.middleware.CarefulRefusals",
    "twitchinfo.middleware.ContentPolicy",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "twitchinfo.middleware.ReadyPages",
    "twitchinfo.middleware.ReleaseRequired",
    "twitchinfo.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "twitchinfo.middleware.Users",
    "twitchinfo.middleware.SecondFactors",
    "simple_history.middleware.HistoryRequestMiddleware",
    "twitchinfo.middleware.Messages",
    "twitchinfo.middleware.NumbersThatFit",
    "twitchinfo.middleware.DatabaseRequired",
    "axes.middleware.AxesMiddleware",
    "twitchinfo.middleware.Preview",
]

ROOT_URLCONF = "twitchinfo.urls"
PREVIEW_URLCONF = "twitchinfo.preview_urls"
"""The addresses while staff look at the drafts (twitchinfo.middleware.Preview)."""
WSGI_APPLICATION = "twitchinfo.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["twitch"]
CRISPY_TEMPLATE_PACK = "twitch"
CRISPY_FAIL_SILENTLY = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "twitchinfo.context.edition",
            ],
        },
    }
]

DATABASES = {"default": database("DATABASE_URL", default=VAR / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- the release, answers, replies -----------------------------------------------------------------

CONTENT_FOLDER = BASE_DIR / "fixtures"
RELEASE_COPY = VAR / "release.json"
"""The newest release on disk, for a start without a database."""
RELEASE_POLL_SECONDS = 2.0
DATABASE_PATIENCE_SECONDS = 4.0
"""How long a serving process waits for an answer of PostgreSQL."""
ANSWER_COOKIE = "__Secure-answers" if not LOCAL else "answers"
PREVIEW_COOKIE = f"{ANSWER_COOKIE}-preview"
"""The same for staff who try the questionnaire on the drafts."""
ANSWER_COOKIE_SECONDS = 24 * 60 * 60
REPLY_EMAIL_DAYS = 90
"""After so many days a reply loses its e-mail address; the privacy page says so."""
REPLIES_PER_HOUR = 5
"""How many replies, and how many page reports, one address may send in an hour, to each process."""
REPORT_DAYS = 365
"""After so many days a report of what is wrong on a page is deleted; the privacy page says so."""
PAPERS_PER_HOUR = 20
"""How many results one address may have set as PDF in an hour, of each process: each takes a second of work."""
REPLIES_HELD_AT_MOST = 500
"""So many may wait for an editor; then no more are taken, from anybody."""
SEARCHES_PER_MINUTE = 60
"""How many searches one address may make in a minute, of each process."""

PUBLISH_NEEDS_SECOND_PERSON = flag("PUBLISH_NEEDS_SECOND_PERSON", default=False)
"""Whether nobody may publish when every change since the last release is their own."""

# --- the editor's desk: history and conflicts (docs/adr) -------------------------------------------

SIMPLE_HISTORY_DATE_INDEX = False
"""History is read by row, never by date alone."""
# `loaddata` and scripts write rows without a version; the forms of the desk always carry one.
CONCURRENCY_VERSION_FIELD_REQUIRED = False
CONCURRENCY_AUTO_CREATE_TRIGGERS = False

# --- security --------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in (
        "camera",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "payment",
        "usb",
    )
}
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = flag("BEHIND_PROXY", default=False)
"""Whether a proxy of ours stands in front: then, and only then, what it says of the sender is believed."""
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_MAX_BYTES = 5 * 1024 * 1024
"""Of all files of one request together: ten times a table of all our associations."""
FILE_UPLOAD_HANDLERS = [
    "twitchinfo.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Five wrong passwords for a name from one address: then a quarter of an hour of nothing, right ones included.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "conditions.limits.address_of"
AXES_CLIENT_STR_CALLABLE = "twitchinfo.logins.nobody"
AXES_LOCKOUT_CALLABLE = "twitchinfo.logins.locked_out"

# After the password, a code from an app (staff/factor.py). Who has a factor is asked for it everywhere.
SECOND_FACTOR_REQUIRED = not LOCAL or flag("SECOND_FACTOR_REQUIRED", default=False)
OTP_TOTP_ISSUER = "TwitchInfo"

if not LOCAL:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_AGE = 12 * 60 * 60  # only staff have a session: a working day
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    if BEHIND_PROXY:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- logs: JSON lines; no address, no query, no form data (see twitchinfo/logs.py) ------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "twitchinfo.logs.JsonLines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # Without Django's own handlers: one of them would mail whole requests.
        "django": {"handlers": [], "level": "INFO"},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "axes": {"level": "WARNING"},
        "twitchinfo": {"level": "INFO"},
        "conditions": {"level": "INFO"},
        "checker": {"level": "INFO"},
    },
}
