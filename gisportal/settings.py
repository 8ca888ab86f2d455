"""Settings of gisportal, read top to bottom. Every value from the environment goes through ``gisportal.env``.

``docs/settings.md`` is the table of all of them; a test compares it with what this module asks for.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from gisportal.env import Env, EnvError, parse_database_url, parse_email_url

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env.load(BASE_DIR)

# Mode ---------------------------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", False)
# Django's own error pages show settings and source text; ours are shown unless a developer asks for the others.
TECHNICAL_ERRORS = env.flag("TECHNICAL_ERRORS", False) and DEBUG
# With DEBUG and no key, sessions last as long as the process: never a key that anybody could know.
SECRET_KEY = env.text("SECRET_KEY", secrets.token_urlsafe(50) if DEBUG else None)
if len(SECRET_KEY) < 32:
    raise EnvError("SECRET_KEY must have at least 32 characters")

# Encrypts the id numbers of people. Losing it loses them; with DEBUG one is derived from SECRET_KEY.
PERSONAL_DATA_KEY = env.text("PERSONAL_DATA_KEY", f"personal:{SECRET_KEY}" if DEBUG else None)

# Municipality -------------------------------------------------------------------------------------------------------

# Fixed at the first migration: geometry columns are made with it.
STORAGE_SRID = env.integer("STORAGE_SRID", 32639, low=1024, high=999_999)
# The rule pack in land_services/rules that judges cases.
AUTHORITY = env.text("AUTHORITY", "eastern_province")
# Folders with service cards of the installation's own, beside those that come with the software.
CATALOGUE_DIRS = [Path(folder) for folder in env.words("CATALOGUE_DIRS")]
# Modules with land services of the installation's own, beside those of land_services/registry.py.
LAND_SERVICES = env.words("LAND_SERVICES")
# The working week in land_services/worktime/weeks.toml that targets are counted by.
WORKING_WEEK = env.text("WORKING_WEEK", "saudi")
# The Amanah (regional municipality) above it, on documents; empty where there is none.
AMANAH_NAME_AR = env.text("AMANAH_NAME_AR", "أمانة المنطقة النموذجية")
AMANAH_NAME_EN = env.text("AMANAH_NAME_EN", "Sample Region Amanah")
MUNICIPALITY_NAME_AR = env.text("MUNICIPALITY_NAME_AR", "بلدية المدينة النموذجية")
MUNICIPALITY_NAME_EN = env.text("MUNICIPALITY_NAME_EN", "Sample City Municipality")
TIME_ZONE = env.text("TIME_ZONE", "Asia/Riyadh")
USE_TZ = True

# Addresses ----------------------------------------------------------------------------------------------------------

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
# The address that documents print in their QR codes; never taken from a request.
PUBLIC_URL = env.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# How many proxies of ours stand before the application; 0 means that X-Forwarded-For is not believed at all.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, low=0, high=5)
SECURE = env.flag("SECURE", not DEBUG)

# Applications -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    # Before our accounts, which take their set-up pages away.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "gisportal.accounts",
    "gisportal",
    "layers",
    "land_services",
    "land_services.register",
    "land_services.offices",
    "land_services.cases",
    "land_services.worktime",
    "land_services.rulebook",
    "land_services.notices",
    "land_services.api",
    "tiles",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "gisportal.open_reads.OpenReadsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "gisportal.middleware.PolicyMiddleware",
    "gisportal.middleware.DesignedErrorMiddleware",
    "gisportal.middleware.PageMethodsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "gisportal.middleware.LanguageCookieMiddleware",
    "gisportal.middleware.FieldKeyMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "gisportal.accounts.token_middleware.TokenMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "gisportal.accounts.middleware.ViewerMiddleware",
    "gisportal.accounts.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "gisportal.urls"
WSGI_APPLICATION = "gisportal.wsgi.application"
ASGI_APPLICATION = "gisportal.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# GDAL 3.6 of Debian 12 cannot be told to read no files; files from people are read in a sandboxed child instead.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "gisportal.context.site",
            ],
            "builtins": ["gisportal.templatetags.ui"],
        },
    }
]

# Databases ----------------------------------------------------------------------------------------------------------


def _database(name: str, default: str | None = None) -> dict[str, Any]:
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        **parse_database_url(env.text(name, default), name=name),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": CONN_MAX_AGE,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": env.flag("PGBOUNCER", False),
    }


CONN_MAX_AGE = env.integer("CONN_MAX_AGE", 600, low=0)
# `default` is the application's role (no DDL, no TRUNCATE); `owner` is the same database as its owner, for
# `migrate --database=owner` and loading only. A server that never migrates may leave the owner's address out.
DATABASES: dict[str, dict[str, Any]] = {"default": _database("DATABASE_URL")}
DATABASES["owner"] = _database("DATABASE_OWNER_URL", env.text("DATABASE_URL"))
# The same database: tests must not make a second one.
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}

REDIS_URL = env.text("REDIS_URL", "")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # Whoever uses the cache goes on without it, and must not wait long to find out.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# The API for everybody: requests that one address may send in a minute, and at once; 0 a minute sets no limit.
API_PER_MINUTE = env.integer("API_PER_MINUTE", 300, low=0, high=1_000_000)
API_BURST = env.integer("API_BURST", 100, low=1, high=1_000_000)

# Hosts that webhooks may be sent to; empty sends none. A name written out may lead to a private address, *.name not.
WEBHOOK_HOSTS = env.words("WEBHOOK_HOSTS")
# What makes a Viewer of an account, for work that no request begins.
VIEWER_OF = "gisportal.accounts.viewer.viewer_of"

# People -------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["gisportal.accounts.backend.AccountBackend"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "accounts:home"
LOGOUT_REDIRECT_URL = "home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Failed sign-ins before waiting begins; each further failure doubles the wait, up to the longest.
SIGN_IN_FAILURES = env.integer("SIGN_IN_FAILURES", 5, low=1, high=100)
SIGN_IN_ADDRESS_FAILURES = env.integer("SIGN_IN_ADDRESS_FAILURES", 30, low=1, high=10_000)
SIGN_IN_WAIT_S = env.integer("SIGN_IN_WAIT_S", 30, low=1, high=3_600)
SIGN_IN_LONGEST_WAIT_S = env.integer("SIGN_IN_LONGEST_WAIT_S", 900, low=1, high=86_400)

# The link to a new password works for an hour.
PASSWORD_RESET_TIMEOUT = 3600
# Staff show a code of their telephone besides the password; off in the demonstration.
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", not DEBUG)
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "gisportal.accounts.factor.SealingAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1

# An audit row that is not sealed after this many seconds makes the site "not ready": the sealer is not running.
SEAL_LATE_S = env.integer("SEAL_LATE_S", 120, low=5, high=86_400)

# Cookies and headers ------------------------------------------------------------------------------------------------

SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.integer("SESSION_HOURS", 10, low=1, high=720) * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "gisportal.errors.csrf_failure"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", False)
# A year, as browsers and auditors expect; only where cookies need HTTPS anyway, so that nothing is locked out.
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000 if SECURE and not DEBUG else 0, low=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", False) and SECURE_HSTS_SECONDS > 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY = "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# The largest survey file that is taken; the reader itself stops at 50 MB.
SURVEY_MAX_MB = env.integer("SURVEY_MAX_MB", 50, low=1, high=50)
PAPER_MAX_MB = env.integer("PAPER_MAX_MB", 25, low=1, high=50)
# ClamAV's daemon that looks through what people send: a socket's path or host:port; empty where there is none.
CLAMD = env.text("CLAMD", "")

# Language -----------------------------------------------------------------------------------------------------------

USE_I18N = True
LANGUAGE_CODE = "ar"
LANGUAGES = [("ar", _("Arabic")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

# Static files and storage -------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "gisportal" / "static"]
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(BASE_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "land_services.cases.whole_files.WholeFiles"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# Tiles --------------------------------------------------------------------------------------------------------------

# One folder for all processes of the machine, on a local disk (never one that machines share).
TILES_CACHE_DIR = Path(env.text("TILES_CACHE_DIR", str(BASE_DIR / ".local" / "tiles")))
# Kept tiles take this much of the disk; 0 makes every tile anew.
TILES_CACHE_MB = env.integer("TILES_CACHE_MB", 1024, low=0, high=10_000_000)
# Blocks that the process which changed them outlines again itself; more are left to `manage.py generalise --watch`.
TILES_OUTLINE_BLOCKS = env.integer("TILES_OUTLINE_BLOCKS", 0, low=0, high=1_000)

# Messages, mail and jobs --------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "no-reply@localhost")
# Where e-mail goes; with DEBUG into files that one can open. Without an address none is written.
EMAIL_URL = env.text("EMAIL_URL", f"file://{BASE_DIR / '.local' / 'mail'}" if DEBUG else "")
_mail = parse_email_url(EMAIL_URL)
EMAIL_BACKEND, EMAIL_FILE_PATH = _mail["BACKEND"], _mail["FOLDER"]
EMAIL_HOST, EMAIL_PORT = _mail["HOST"], _mail["PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["USER"], _mail["PASSWORD"]
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail["SSL"], _mail["STARTTLS"]
EMAIL_TIMEOUT = 20
# The relay looks at the outbox by itself after so many seconds, whether somebody woke it or not.
NOTICES_POLL_S = env.integer("NOTICES_POLL_S", 15, low=1, high=3_600)
# After so many attempts a message is given up; staff see it and may send it again.
NOTICES_TRIES = env.integer("NOTICES_TRIES", 12, low=1, high=100)
# A message that was delivered is kept in the outbox for so many days, and as long as its case is open.
NOTICES_KEPT_DAYS = env.integer("NOTICES_KEPT_DAYS", 400, low=31, high=36_500)
# What is called after a commit that wrote messages; nothing without a broker.
NOTICES_WAKE = "gisportal.celery.wake_relay" if REDIS_URL else ""

# Jobs wait in Redis for a worker. The broker may be lost at any time: what must not be lost stands in the database.
CELERY_BROKER_URL = REDIS_URL or None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "gisportal:",
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "health_check_interval": 10,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BEAT_SCHEDULE = {
    # One that nobody took by the next round is of no use any more.
    "notices": {"task": "notices.relay", "schedule": NOTICES_POLL_S, "options": {"expires": NOTICES_POLL_S}},
    "cases": {"task": "cases.keep_time", "schedule": 300, "options": {"expires": 300}},
    "erasure": {"task": "cases.erase_due", "schedule": 3600, "options": {"expires": 3600}},
    "webhooks": {"task": "api.call_other_systems", "schedule": NOTICES_POLL_S, "options": {"expires": NOTICES_POLL_S}},
}

# Logs ---------------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.text("LOG_LEVEL", "INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # These speak of every file and every step at INFO.
    "loggers": {name: {"level": "WARNING"} for name in ("ezdxf", "numexpr", "weasyprint", "fontTools")},
}
