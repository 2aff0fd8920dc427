"""The settings of Trialsite: the one table of what the environment may hold, and what production refuses."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import dj_database_url
from cryptography.fernet import Fernet

from trialsite.lib.env import EnvironmentRefusedError, Setting, read_setting, read_settings

PREFIX = "TRIALSITE_"
PRODUCTION, DEMO, TEST = "production", "demo", "test"
MODES = (PRODUCTION, DEMO, TEST)

EVERYONE, BLINDED, UNBLINDED = "everyone", "blinded", "unblinded"

# Public on purpose: they let the demo start without any preparation. Production refuses both.
DEMO_SECRET_KEY = "this key is public; it only serves the demo and the tests of Trialsite"  # noqa: S105 - public on purpose
DEMO_SECOND_FACTOR_KEY = base64.urlsafe_b64encode(b"demo key of the phone: no secret").decode()
DEMO_ALLOCATION_KEY = base64.urlsafe_b64encode(b"demo key of the list: no secret!").decode()

SECRET_KEY_MIN_CHARACTERS = 50
SECRET_KEY_MIN_DIFFERENT_CHARACTERS = 10


@dataclass(frozen=True)
class Options:
    """What the environment says, read and checked."""

    mode: str
    serves: str
    unblinded_address: str
    blinded_address: str
    secret_key: str
    allocation_key: tuple[str, ...]
    second_factor_key: tuple[str, ...]
    backup_key: tuple[str, ...]
    hosts: tuple[str, ...]
    tls: str
    data_dir: Path
    database_url: Mapping[str, Any]
    database_password: str
    protocol_file: Path
    idle_minutes: int
    worker: str
    email_url: Mapping[str, Any]
    email_from: str

    @property
    def is_production(self) -> bool:
        return self.mode == PRODUCTION


def read_text(text: str) -> str:
    return text


def read_choice(*choices: str) -> Any:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return read


def read_hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [host for host in hosts if "/" in host or " " in host or not host.isascii()]
    if wrong or not hosts:
        raise ValueError("must be host names separated by commas, without scheme or path")
    return hosts


def read_idle_minutes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 60):
        raise ValueError("must be a whole number of minutes from 1 to 60")
    return int(text)


def read_fernet_keys(text: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ValueError("must hold Fernet keys: 32 random bytes each, as URL-safe base64") from error
    if not keys:
        raise ValueError("must hold at least one Fernet key")
    return keys


def read_protocol_path(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("must name a protocol file that exists")
    return path


def read_data_dir(text: str) -> Path:
    path = Path(text).absolute()
    if path.exists() and not path.is_dir():
        raise ValueError("must name a directory")
    return path


def read_database(text: str) -> dict[str, Any]:
    """The settings of the database; empty when the file in the data directory is meant."""
    if text == "sqlite":
        return {}
    if not text.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(text))
    except ValueError:
        # Its message may hold the password, so it goes no further.
        raise ValueError("must be an address such as postgresql://user:password@host:5432/name") from None
    if not found["NAME"]:
        raise ValueError("must end with the name of a database")
    return found


def read_email_url(text: str) -> dict[str, Any]:
    """`off`, `console` or smtp://user:password@host:port, smtps:// for TLS from the first byte."""
    if text in ("off", "console"):
        name = "dummy" if text == "off" else "console"
        return {"EMAIL_BACKEND": f"django.core.mail.backends.{name}.EmailBackend"}
    form = "must be off, console, smtp://user:password@host:port or smtps://..."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(form) from None  # the message of the parser may hold the password
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(form)
    return describe_smtp(parts, port)


def describe_smtp(parts: SplitResult, port: int | None) -> dict[str, Any]:
    is_implicit_tls = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if is_implicit_tls else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_implicit_tls,
        "EMAIL_USE_TLS": not is_implicit_tls,
    }


def read_email_address(text: str) -> str:
    if "@" not in parseaddr(text)[1] or "\n" in text:
        raise ValueError("must be an e-mail address")
    return text


def read_address(text: str) -> str:
    """The beginning of an address, without a path; empty when there is none."""
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query):
        raise ValueError("must be the beginning of an address, as https://treatment.trial.example")
    return text.rstrip("/")


MODE = Setting(
    "TRIALSITE_MODE",
    "What this installation is: `production`, `demo` (public keys, plain HTTP, this computer only) or `test`.",
    read_choice(*MODES),
    {"": PRODUCTION},
)

SERVES = Setting(
    "TRIALSITE_SERVES",
    "Whom this process serves: `everyone`, `blinded` (no key of the allocation list, and a database role without any right on"
    " it) or `unblinded` (operators, statisticians and admins). The latter two need PostgreSQL, and go together.",
    read_choice(EVERYONE, BLINDED, UNBLINDED),
    {"": EVERYONE},
)

UNBLINDED_ADDRESS = Setting(
    "TRIALSITE_UNBLINDED_ADDRESS",
    "Where the process for the unblinded is reached, as https://treatment.trial.example: a process that serves the blinded leads"
    " there whoever works there, and investigators and data managers for a code break, the release and their password.",
    read_address,
    {"": ""},
)

BLINDED_ADDRESS = Setting(
    "TRIALSITE_BLINDED_ADDRESS",
    "Where the process for the blinded is reached, as https://trial.example: a process that serves the unblinded leads everybody"
    " else there, who has chosen a password with the link of an admin.",
    read_address,
    {"": ""},
)

ALLOCATION_KEY = Setting(
    "TRIALSITE_ALLOCATION_KEY",
    "Encrypts the sealed allocation list. One Fernet key, or several separated by commas: the first encrypts, the others still"
    " decrypt until the key is rotated. A process that serves the blinded must not have it.",
    read_fernet_keys,
    {DEMO: DEMO_ALLOCATION_KEY, TEST: DEMO_ALLOCATION_KEY},
    is_secret=True,
)

BACKUP_KEY = Setting(
    "TRIALSITE_BACKUP_KEY",
    "Encrypts backups. One Fernet key, or several separated by commas: the first encrypts, all decrypt. A process that serves the"
    " blinded must not have it.",
    lambda text: read_fernet_keys(text) if text else (),
    {"": ""},
    is_secret=True,
)

KNOWN = (
    MODE,
    SERVES,
    UNBLINDED_ADDRESS,
    BLINDED_ADDRESS,
    Setting(
        "TRIALSITE_SECRET_KEY",
        f"Signs sessions and links. A random text of {SECRET_KEY_MIN_CHARACTERS} characters or more.",
        read_text,
        {DEMO: DEMO_SECRET_KEY, TEST: DEMO_SECRET_KEY},
        is_secret=True,
    ),
    ALLOCATION_KEY,
    Setting(
        "TRIALSITE_SECOND_FACTOR_KEY",
        "Encrypts the seeds of second factors, and goes into the hashes of passwords. One Fernet key, or several separated by commas:"
        " the first encrypts, all decrypt. Two processes that share a trial have the same.",
        read_fernet_keys,
        {DEMO: DEMO_SECOND_FACTOR_KEY, TEST: DEMO_SECOND_FACTOR_KEY},
        is_secret=True,
    ),
    BACKUP_KEY,
    Setting(
        "TRIALSITE_HOSTS",
        "The host names people type, separated by commas.",
        read_hosts,
        {DEMO: "127.0.0.1,localhost", TEST: "127.0.0.1,localhost,testserver"},
    ),
    Setting(
        "TRIALSITE_TLS",
        "Who ends TLS: `proxy` (a proxy that sets X-Forwarded-Proto and passes nobody else's),"
        " `server` (gunicorn itself) or `off` (demo and test only).",
        read_choice("proxy", "server", "off"),
        {"": "proxy", DEMO: "off", TEST: "off"},
    ),
    Setting(
        "TRIALSITE_DATA_DIR",
        "Where the SQLite database and other files of this installation live. `make demo` takes `var/demo`.",
        read_data_dir,
        {"": "var"},
    ),
    Setting(
        "DATABASE_URL",
        "The database: `sqlite` for a file in the data directory, `sqlite:////path/to/file`"
        " or `postgresql://user:password@host:port/name`.",
        read_database,
        {"": "sqlite"},
        is_secret=True,
    ),
    Setting(
        "TRIALSITE_DATABASE_PASSWORD",
        "The password of the database user, when DATABASE_URL does not hold it.",
        read_text,
        {"": ""},
        is_secret=True,
    ),
    Setting(
        "TRIALSITE_PROTOCOL_FILE",
        "The protocol of the trial.",
        read_protocol_path,
        {"": str(Path(__file__).parents[1] / "protocol" / "premise.toml")},
    ),
    Setting(
        "TRIALSITE_IDLE_MINUTES",
        "Minutes without a request after which a person must sign in again.",
        read_idle_minutes,
        {"": "15"},
    ),
    Setting(
        "TRIALSITE_WORKER",
        "Who makes the files that take long: `with_web` (the web server starts a worker that ends with it)"
        " or `separate` (somebody runs `manage.py worker`).",
        read_choice("with_web", "separate"),
        {"": "with_web"},
    ),
    Setting(
        "TRIALSITE_EMAIL_URL",
        "How mail leaves: `off`, `console` (demo and test only), `smtp://user:password@host:port` (STARTTLS)"
        " or `smtps://user:password@host:port`.",
        read_email_url,
        {"": "off", DEMO: "console"},
        is_secret=True,
    ),
    Setting(
        "TRIALSITE_EMAIL_FROM",
        "The sender of mail.",
        read_email_address,
        {"": "Trialsite <trialsite@localhost>"},
    ),
)


def check_secret_key(options: Options) -> list[str]:
    key = options.secret_key
    is_weak = len(key) < SECRET_KEY_MIN_CHARACTERS or len(set(key)) < SECRET_KEY_MIN_DIFFERENT_CHARACTERS
    if is_weak or key == DEMO_SECRET_KEY:
        return [f"TRIALSITE_SECRET_KEY must be a random text of {SECRET_KEY_MIN_CHARACTERS} characters or more."]
    return []


def check_allocation_key(options: Options) -> list[str]:
    problems = []
    if DEMO_ALLOCATION_KEY in options.allocation_key:
        problems.append("TRIALSITE_ALLOCATION_KEY holds the public key of the demo; make one of your own.")
    if any(key in options.secret_key for key in options.allocation_key):
        problems.append("TRIALSITE_ALLOCATION_KEY must differ from TRIALSITE_SECRET_KEY.")
    return problems


def check_second_factor_key(options: Options) -> list[str]:
    problems = []
    if DEMO_SECOND_FACTOR_KEY in options.second_factor_key:
        problems.append("TRIALSITE_SECOND_FACTOR_KEY holds the public key of the demo; make one of your own.")
    if set(options.second_factor_key) & {*options.allocation_key, options.secret_key}:
        problems.append("TRIALSITE_SECOND_FACTOR_KEY must differ from the other keys.")
    return problems


def check_backup_key(options: Options) -> list[str]:
    others = {*options.allocation_key, *options.second_factor_key, options.secret_key}
    return ["TRIALSITE_BACKUP_KEY must differ from the other keys."] if set(options.backup_key) & others else []


def check_network(options: Options) -> list[str]:
    problems = []
    if any(host.startswith(("*", ".")) for host in options.hosts):
        problems.append("TRIALSITE_HOSTS must list every host by its full name; * and .domain are refused.")
    if options.tls == "off":
        problems.append("TRIALSITE_TLS must be proxy or server; plain HTTP is for the demo.")
    if options.email_url["EMAIL_BACKEND"].endswith("console.EmailBackend"):
        problems.append("TRIALSITE_EMAIL_URL must not be console; mail would lie open in the log.")
    return problems


def check_separation(options: Options) -> list[str]:
    """Two processes keep the blind apart with the roles of PostgreSQL; SQLite has none."""
    is_postgresql = str(options.database_url.get("ENGINE", "")).endswith("postgresql")
    if options.serves != EVERYONE and not is_postgresql:
        return [f"TRIALSITE_SERVES can be {options.serves} on PostgreSQL only; SQLite has no roles."]
    return []


def check_production(options: Options) -> list[str]:
    """Why these options are not safe enough for real patients; empty when they are."""
    return [
        *check_secret_key(options),
        *check_allocation_key(options),
        *check_second_factor_key(options),
        *check_backup_key(options),
        *check_network(options),
    ]


def refuse_key(text: str) -> tuple[str, ...]:
    if text:
        raise ValueError("must not be given to a process that serves the blinded")
    return ()


def known_to(environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """The settings of this process: one that serves the blinded is refused the keys that open what tells arms."""
    if environ.get(SERVES.name, "").strip() != BLINDED:
        return KNOWN
    return tuple(
        replace(setting, read=refuse_key, default={"": ""}) if setting in (ALLOCATION_KEY, BACKUP_KEY) else setting
        for setting in KNOWN
    )


def load_options(environ: Mapping[str, str]) -> Options:
    """The options of this process, or EnvironmentRefusedError with every problem."""
    try:
        mode = read_setting(environ, MODE, "")
    except ValueError as error:
        raise EnvironmentRefusedError([str(error)]) from error
    values = read_settings(environ, known_to(environ), mode=mode, prefix=PREFIX)
    options = Options(**{name.removeprefix(PREFIX).lower(): value for name, value in values.items()})
    problems = [*check_separation(options), *(check_production(options) if options.is_production else [])]
    if problems:
        raise EnvironmentRefusedError(problems)
    return options
