"""The one settings module; what differs between installations comes from the environment.

docs/reference/settings.md lists every setting.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from trialsite.lib.env import EnvironmentRefusedError
from trialsite.lib.options import TEST, Options, load_options

# Lets code say ModelForm[Patient] at run time, as the type checker wants it.
django_stubs_ext.monkeypatch()


def load_or_exit() -> Options:
    try:
        return load_options(os.environ)
    except EnvironmentRefusedError as error:
        raise SystemExit(error.explain()) from None


OPTIONS = load_or_exit()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- This installation -------------------------------------------------------------------------------------------

MODE = OPTIONS.mode
IS_PRODUCTION = OPTIONS.is_production
IS_DEMO = MODE == "demo"
DATA_DIR = OPTIONS.data_dir
PROTOCOL_FILE = OPTIONS.protocol_file
ALLOCATION_KEYS = OPTIONS.allocation_key  # the first encrypts, all decrypt; none where blinded people are served apart
SERVES = OPTIONS.serves
UNBLINDED_ADDRESS = OPTIONS.unblinded_address
BLINDED_ADDRESS = OPTIONS.blinded_address
IDLE_MINUTES = OPTIONS.idle_minutes
SECOND_FACTOR_KEYS = OPTIONS.second_factor_key  # the first encrypts, all decrypt
BACKUP_KEYS = OPTIONS.backup_key  # the first encrypts, all decrypt; none where backups are legible
REQUIRES_SECOND_FACTOR = IS_PRODUCTION  # in a demo and in tests whoever wants to sets one up

SECRET_KEY = OPTIONS.secret_key
ALLOWED_HOSTS = list(OPTIONS.hosts)
DEBUG = False  # in no mode: its error pages show values, and values may tell an arm

# --- Parts -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "trialsite",
    "trialsite.protocol",
    "trialsite.accounts",
    "trialsite.audit",
    "trialsite.jobs",
    "trialsite.signatures",
    "trialsite.marks",
    "trialsite.records",
    "trialsite.queries",
    "enrollment",
    "enrollment.vault",
    "visits",
    "endpoints",
    "trialsite.trail",
    "trialsite.printing",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "trialsite.lib.headers.PrivatePagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "trialsite.accounts.middleware.IdleTimeoutMiddleware",  # after the user is known, before any page
    "trialsite.accounts.middleware.SignInRequiredMiddleware",
    "trialsite.accounts.middleware.RefusedAccessMiddleware",
    "trialsite.accounts.served_here.ServedHereMiddleware",
    "trialsite.accounts.middleware.SecondFactorMiddleware",
    "trialsite.accounts.middleware.TrainingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "trialsite.records.middleware.LockedMiddleware",
    "enrollment.views.refused.VaultRefusedMiddleware",
    "axes.middleware.AxesMiddleware",  # last, so that its answer to a lock-out is the one that counts
]

SILENCED_SYSTEM_CHECKS = [
    "axes.W006",  # wants the address counted as well; a lock by name alone is stricter
    "security.W021",  # the preload list of browsers is for public sites
]

ROOT_URLCONF = "trialsite.urls"
WSGI_APPLICATION = "trialsite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "trialsite.navigation.page_head",
            ],
        },
    },
]

FORM_RENDERER = "trialsite.lib.renderer.DiscreetRenderer"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# --- Database ----------------------------------------------------------------------------------------------------

# WAL lets readers go on while one writes; IMMEDIATE takes the write lock at the start of a transaction, so that two
# writers wait for each other instead of failing half way; FULL keeps a committed entry through a power cut.
# Without recursive triggers a REPLACE deletes the row it replaces past the trigger that forbids to delete it.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;",
}


def describe_sqlite(found: dict[str, Any]) -> dict[str, Any]:
    return {
        **found,
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": found.get("NAME") or DATA_DIR / "trialsite.sqlite3",
        "OPTIONS": {**found.get("OPTIONS", {}), **SQLITE_OPTIONS},
        # To open the file for every request costs more than most requests. And never: whoever closes it last takes its log away, and to
        # open it again needs space; on a full disk nobody could read.
        "CONN_MAX_AGE": None,
    }


# The tables of the allocation vault stand in a schema of their own; who has no right on it does not find them. A role that has a schema of its
# own name looks at some tables through views that stand there (enrollment/vault/windows.py).
SEARCH_PATH = '-c search_path="$user",public,vault'
# Whoever waits for a lock is told why before the web server ends the wait without a word (trialsite/serve.py, timeout).
PATIENCE = "-c lock_timeout=20s"
CONNECT_TIMEOUT_S = 5


def describe_postgresql(found: dict[str, Any]) -> dict[str, Any]:
    given = found.get("OPTIONS", {})
    return {
        **found,
        "OPTIONS": {
            "connect_timeout": CONNECT_TIMEOUT_S,
            **given,
            "options": f"{PATIENCE} {given.get('options', '')} {SEARCH_PATH}".strip(),
        },
        "PASSWORD": found["PASSWORD"] or OPTIONS.database_password,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def describe_database() -> dict[str, Any]:
    found = dict(OPTIONS.database_url)
    is_postgresql = found.get("ENGINE", "").endswith("postgresql")
    return describe_postgresql(found) if is_postgresql else describe_sqlite(found)


DATABASES = {"default": {**describe_database(), "ATOMIC_REQUESTS": False}}  # actions own their transactions

# SQLite creates its file, not the directory around it.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)

# Nothing that must be right lives in the cache: sessions and lock-outs are rows in the database, which every worker
# shares. So each worker may keep a small cache of its own, and no cache table or server is needed.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Long work waits in the same database, so that asking for it is one transaction with what it is asked for.
# Where blinded and unblinded people are kept apart, each side has a queue, a worker and a place for files of its own.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["everyone", "blinded", "unblinded"]}}
STARTS_WORKER = OPTIONS.worker == "with_web"

# --- People ------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a locked name is refused whatever the password
    "trialsite.accounts.backend.PeopleBackend",
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL

PASSWORD_HASHERS = [
    "trialsite.accounts.hasher.KeyedHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_CALLABLE = "trialsite.lib.lockout.name_attempted"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or a stranger could keep a colleague out for ever
AXES_LOCKOUT_CALLABLE = "trialsite.accounts.views.sign_in.answer_locked_out"
AXES_DISABLE_ACCESS_LOG = True  # the audit trail keeps who signed in
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_ENGINE = "trialsite.accounts.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "trialsite.accounts.views.errors.csrf_failure"

# --- The wire ----------------------------------------------------------------------------------------------------

HAS_TLS = OPTIONS.tls != "off"
SESSION_COOKIE_SECURE = HAS_TLS
CSRF_COOKIE_SECURE = HAS_TLS
SECURE_SSL_REDIRECT = HAS_TLS
SECURE_REDIRECT_EXEMPT = [r"^health$"]  # asked from inside, past the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HAS_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HAS_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OPTIONS.tls == "proxy" else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its icons as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# The longest form, a Doppler examination, has about 500 fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 4
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# An uploaded file, an allocation list perhaps, is never written to a directory for temporary files.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

# --- Language and time -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files ------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_STORAGE = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if IS_PRODUCTION
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "staticfiles": {"BACKEND": STATIC_STORAGE},
}
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = not IS_PRODUCTION  # the demo and the tests need no collectstatic before they start

# --- Mail --------------------------------------------------------------------------------------------------------

EMAIL_BACKEND = OPTIONS.email_url["EMAIL_BACKEND"]
EMAIL_HOST = OPTIONS.email_url.get("EMAIL_HOST", "localhost")
EMAIL_PORT = OPTIONS.email_url.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = OPTIONS.email_url.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = OPTIONS.email_url.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = OPTIONS.email_url.get("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = OPTIONS.email_url.get("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = OPTIONS.email_from
SERVER_EMAIL = OPTIONS.email_from

# --- Log ---------------------------------------------------------------------------------------------------------

# The log is read by people who may not know a patient or an arm: no bodies, no query strings, no numbers out of
# paths, no messages of exceptions (a database puts the offending values into them).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask_paths": {"()": "trialsite.lib.log.MaskPaths"}},
    "formatters": {
        "line": {
            "()": "trialsite.lib.log.DiscreetFormatter" if MODE != TEST else "logging.Formatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["mask_paths"],
        },
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # Anyone may send any host name; the answer, 400, is enough.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
        "axes": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
        "trialsite.jobs": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
