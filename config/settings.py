"""Settings; every secret and address comes from the environment (.env.example explains each)."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import styles
from config.logs import to_console

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
PUBLIC_URL = env("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
HTTPS = _public.scheme == "https"

SECRET_KEY = env("SECRET_KEY")
TOKEN_KEYS = env.list("TOKEN_KEYS", default=[SECRET_KEY])  # newest first; older ones still open their links
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_public.hostname or "localhost"])
LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}
if DEMO and not set(ALLOWED_HOSTS) <= LOOPBACK:
    raise ImproperlyConfigured(
        "DEMO shows every patient's phone to anybody, so it serves this machine only: "
        "take DEMO out, or set ALLOWED_HOSTS to localhost."
    )

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "auditlog",
    "phonenumber_field",
    "csp",
    "audit",
    "waitlist",
    "matching",
    "notifications",
    "ops",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.languages.PatientsLanguage",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.middleware.ActorMiddleware",
    "config.guards.Guards",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
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
                "config.context.site",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("es", "Español")]  # of the patients' pages, by their own names
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# PostgreSQL. The pool needs health checks: without them a restarted server costs two failed pages.
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://localhost/standby")}
DATABASES["default"].update(CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True)
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5  # heeded by matching.prepared alone: the ORM binds by itself
if env.bool("DB_POOL", default=True):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "timeout": 15}

REDIS_URL = env("REDIS_URL", default="redis://localhost:6379/0")  # the broker (config/broker.py)

# Who may sign in.
AUTH_USER_MODEL = "waitlist.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"

# What a browser may do here.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)  # how many proxies of ours append to X-Forwarded-For
PATIENT_CSS = styles.read(BASE_DIR / "static/css/patient.css")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, styles.source(PATIENT_CSS)],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
if DEMO:  # the shelf of phones opens the offer page beside it
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["frame-src"] = [SELF]
    MIDDLEWARE.append("config.demo.FramedByPhones")

# Static files.
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))()
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.finders.WholeStyles",
]
WHITENOISE_USE_FINDERS = DEBUG or DEMO
if not (DEBUG or DEMO):
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# How a person is reached. The simulator stands in for the carrier in the demo only.
SMS_TRANSPORT = env("SMS_TRANSPORT", default="simulator" if DEMO else "twilio")
MESSAGES_IN_FLIGHT = env.int("MESSAGES_IN_FLIGHT", default=25)  # at once, of one task
if not 1 <= MESSAGES_IN_FLIGHT <= 200:
    raise ImproperlyConfigured("MESSAGES_IN_FLIGHT is how many messages a task has in the air at once: 1 to 200.")
TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN", default="")
TWILIO_AUTH_TOKEN_PREVIOUS = env("TWILIO_AUTH_TOKEN_PREVIOUS", default="")  # accepted while tokens rotate
TWILIO_API_URL = env("TWILIO_API_URL", default="https://api.twilio.com")
TWILIO_TIMEOUT_SECONDS = env.float("TWILIO_TIMEOUT_SECONDS", default=10)
if not 0.1 <= TWILIO_TIMEOUT_SECONDS <= 20:
    raise ImproperlyConfigured(
        "TWILIO_TIMEOUT_SECONDS is how long Twilio may take to answer: 0.1 to 20, "
        "since after 30 seconds we ask what became of a message."
    )
if SMS_TRANSPORT not in ("twilio", "simulator", "memory"):
    raise ImproperlyConfigured(f"SMS_TRANSPORT is twilio; simulator or memory for DEMO=1: not “{SMS_TRANSPORT}”.")
if SMS_TRANSPORT != "twilio" and not DEMO:
    raise ImproperlyConfigured(f"SMS_TRANSPORT={SMS_TRANSPORT} sends nothing: it is for DEMO=1 only.")
EMAIL_URL = env("EMAIL_URL", default="") or ("dummymail://" if DEMO else "consolemail://" if DEBUG else "")
if not EMAIL_URL:
    raise ImproperlyConfigured(
        "EMAIL_URL is not set, so no letter, link or password reset would reach anybody: "
        "set it to your mail server, such as smtp+tls://user:password@smtp.example.com:587."
    )
vars().update(env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Standby <standby@localhost>")
PHONENUMBER_DEFAULT_REGION = "US"

# The trail.
AUDITLOG_LOGENTRY_MODEL = "audit.Entry"
AUDITLOG_CID_GETTER = "audit.actor.correlation_id"
AUDITLOG_INCLUDE_TRACKING_MODELS = [  # the tables edited as objects; everything else calls audit.trail.record
    {"model": "waitlist.Clinic", "exclude_fields": ["max_waited_days"]},
    {"model": "waitlist.User", "include_fields": ["email", "name", "is_active"]},
    {"model": "waitlist.Service", "m2m_fields": {"compatible"}},
    {"model": "waitlist.Connection", "mask_fields": ["secret"], "mask_callable": "audit.models.hide"},
    "waitlist.Location",
    {"model": "waitlist.Closure", "mask_fields": ["reason"], "mask_callable": "audit.models.hide"},
    "waitlist.WorkedHoliday",
    "waitlist.SurgeDay",
    {"model": "waitlist.Practitioner", "m2m_fields": {"gives"}},
    "waitlist.Membership",
    "waitlist.Mapping",
    "waitlist.TierRules",
    {"model": "notifications.MessageTemplate", "exclude_fields": ["updated_at"]},
]
MIGRATION_MODULES = {"auditlog": None}

LOGGING = to_console(env("LOG_LEVEL", default="INFO"))
