"""Django's settings, from `dozor.service.config`. Everything a person may change is a DOZOR_ variable there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from dozor import __version__
from dozor.service import config, keyfiles

CONFIG = config.read(config.with_files(os.environ), Path.home())
CONFIG.data.mkdir(parents=True, exist_ok=True, mode=0o700)
(CONFIG.data / "static").mkdir(exist_ok=True)

SECRET_KEY = keyfiles.secret(CONFIG.keys / "session.key")
DEBUG = CONFIG.debug
ROOT_URLCONF = "dozor.service.urls"
ASGI_APPLICATION = "dozor.service.asgi.application"
WSGI_APPLICATION = "dozor.service.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
VERSION = __version__

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "dozor.service.parcels",
    "dozor.service.watch",
    "dozor.service.notify",
    "dozor.service.api",
    "dozor.service.web",
    # After web, so that its templates and pages of accounts come first.
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "dozor.service.middleware.Headers",
    "django.middleware.security.SecurityMiddleware",
    "dozor.service.middleware.Files",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dozor.service.middleware.OwnLanguage",
    "dozor.service.middleware.Sealed",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dozor.service.web.context.page",
            ]
        },
    }
]
# What `dozor serve` runs beside the pages: `async def` taking an asyncio.Event that asks it to end.
BACKGROUND: list[str] = ["dozor.service.watch.loop:run", "dozor.service.notify.loop:run", "dozor.service.web.ahead:run"]
if CONFIG.demo:
    MIDDLEWARE.insert(MIDDLEWARE.index("allauth.account.middleware.AccountMiddleware"), "dozor.service.demo.Visitor")
    BACKGROUND.append("dozor.service.demo:run")

# --- data -----------------------------------------------------------------------------------------------

DATABASES = {"default": CONFIG.database}
if CONFIG.database["ENGINE"].endswith("sqlite3"):
    # A real file in tests, too: what is promised of WAL and IMMEDIATE is promised of a file.
    DATABASES["default"] = {**CONFIG.database, "TEST": {"NAME": str(CONFIG.data / "test.sqlite3")}}
# Counts of wrong passwords and of requests stand there: with Django's 300 places a stranger who asks about a page of
# numbers pushes them out. What carriers said to visitors has a place of its own.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 50_000}},
    "said": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "said"},
}

# --- languages and times --------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
# Django calls our zh by its script; `dozor.service.language` turns one into the other.
LANGUAGES = [("en", "English"), ("ru", "Русский"), ("uk", "Українська"), ("zh-hans", "简体中文")]
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- accounts -------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["dozor.service.accounts.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "kept"
LOGOUT_REDIRECT_URL = "check"
ACCOUNT_ADAPTER = "dozor.service.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional" if CONFIG.smtp_url else "none"
ACCOUNT_SIGNUP_REDIRECT_URL = "welcome"
ACCOUNT_LOGOUT_REDIRECT_URL = "check"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Dozor: "
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Dozor"
MFA_ADAPTER = "dozor.service.accounts.SecondFactor"
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if CONFIG.trust_proxy else 0

# --- safety ---------------------------------------------------------------------------------------------

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", socket.gethostname().lower(), *CONFIG.hosts]
if CONFIG.public_url:
    from urllib.parse import urlsplit

    ALLOWED_HOSTS.append(urlsplit(CONFIG.public_url).hostname or "")
    CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(CONFIG.public_url))]
if CONFIG.trust_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = CONFIG.https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "dozor.service.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 180 if CONFIG.https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not no-referrer: with it browsers send `Origin: null` with a form, and no form could prove where it came from.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- files and mail -------------------------------------------------------------------------------------

STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = str(CONFIG.data / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dozor.service.static.Storage"},
}
WHITENOISE_MANIFEST_STRICT = False
EMAIL_BACKEND = "dozor.service.mail.Backend"
DEFAULT_FROM_EMAIL = CONFIG.mail_from or "dozor@localhost"

# --- logging: a line an event, no secrets, no carrier text ------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": "dozor.service.logs.NoSecrets"}},
    "formatters": {"line": {"()": "dozor.service.logs.Line"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "dozor": {"level": CONFIG.log.upper()},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # a trace for each stranger who knocks by another name
        "_granian": {"level": "WARNING"},
    },
}
