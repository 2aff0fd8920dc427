"""What production refuses, and what each setting may hold."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.fernet import Fernet

from trialsite.lib.env import EnvironmentRefusedError, names_of
from trialsite.lib.options import (
    DEMO_ALLOCATION_KEY,
    DEMO_SECOND_FACTOR_KEY,
    DEMO_SECRET_KEY,
    KNOWN,
    Options,
    load_options,
)

SECRET = "q7Jd-2mVx0Lr9_TzWc4KbNf8Ys6HgPa1EuRi3OoXt5Zl-Gv7Dk2Mw"
ALLOCATION = urlsafe_b64encode(b"thirty-two bytes for tests only!").decode()
PHONE = urlsafe_b64encode(b"thirty-two bytes more, for tests").decode()
SAFE = {
    "TRIALSITE_MODE": "production",
    "TRIALSITE_SECRET_KEY": SECRET,
    "TRIALSITE_ALLOCATION_KEY": ALLOCATION,
    "TRIALSITE_SECOND_FACTOR_KEY": PHONE,
    "TRIALSITE_HOSTS": "trial.example.org",
}


def load(**changes: str) -> Options:
    return load_options({**SAFE, **changes})


def refusal(**changes: str) -> str:
    with pytest.raises(EnvironmentRefusedError) as refused:
        load(**changes)
    return refused.value.explain()


def test_production_starts_with_four_settings() -> None:
    options = load()
    assert options.is_production
    assert options.hosts == ("trial.example.org",)
    assert options.tls == "proxy"
    assert options.idle_minutes == 15


def test_no_environment_at_all_means_production_and_is_refused() -> None:
    with pytest.raises(EnvironmentRefusedError) as refused:
        load_options({})
    named = [problem.split()[0] for problem in refused.value.problems]
    assert named == [
        "TRIALSITE_SECRET_KEY",
        "TRIALSITE_ALLOCATION_KEY",
        "TRIALSITE_SECOND_FACTOR_KEY",
        "TRIALSITE_HOSTS",
    ]


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_demo_and_test_start_without_preparation(mode: str) -> None:
    options = load_options({"TRIALSITE_MODE": mode})
    assert not options.is_production
    assert options.secret_key == DEMO_SECRET_KEY


def test_an_unknown_mode_is_refused_before_anything_else() -> None:
    with pytest.raises(EnvironmentRefusedError) as refused:
        load_options({"TRIALSITE_MODE": "debug"})
    assert refused.value.problems == ("TRIALSITE_MODE must be one of production, demo, test (it is 'debug').",)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TRIALSITE_SECRET_KEY", "short", "must be a random text of 50 characters or more"),
        ("TRIALSITE_SECRET_KEY", "ab" * 40, "must be a random text of 50 characters or more"),
        ("TRIALSITE_SECRET_KEY", DEMO_SECRET_KEY, "must be a random text of 50 characters or more"),
        ("TRIALSITE_SECRET_KEY", ALLOCATION + SECRET, "must differ from TRIALSITE_SECRET_KEY"),
        ("TRIALSITE_ALLOCATION_KEY", DEMO_ALLOCATION_KEY, "holds the public key of the demo"),
        ("TRIALSITE_ALLOCATION_KEY", f"{ALLOCATION},{DEMO_ALLOCATION_KEY}", "holds the public key of the demo"),
        ("TRIALSITE_SECOND_FACTOR_KEY", DEMO_SECOND_FACTOR_KEY, "holds the public key of the demo"),
        ("TRIALSITE_SECOND_FACTOR_KEY", ALLOCATION, "must differ from the other keys"),
        ("TRIALSITE_BACKUP_KEY", ALLOCATION, "must differ from the other keys"),
        ("TRIALSITE_BACKUP_KEY", "not a key", "must hold Fernet keys"),
        ("TRIALSITE_ALLOCATION_KEY", "not a key", "must hold Fernet keys"),
        ("TRIALSITE_ALLOCATION_KEY", "ключ", "must hold Fernet keys"),
        ("TRIALSITE_ALLOCATION_KEY", ",", "must hold at least one Fernet key"),
        ("TRIALSITE_HOSTS", "*", "must list every host by its full name"),
        ("TRIALSITE_HOSTS", ".example.org", "must list every host by its full name"),
        ("TRIALSITE_HOSTS", "https://example.org/", "must be host names separated by commas"),
        ("TRIALSITE_HOSTS", " , ", "must be host names separated by commas"),
        ("TRIALSITE_TLS", "off", "must be proxy or server"),
        ("TRIALSITE_TLS", "maybe", "must be one of proxy, server, off"),
        ("TRIALSITE_EMAIL_URL", "console", "must not be console"),
        ("TRIALSITE_EMAIL_URL", "mail.example.org", "must be off, console, smtp://"),
        ("TRIALSITE_EMAIL_URL", "smtp://geheim@h:port", "must be off, console, smtp://"),
        ("TRIALSITE_EMAIL_FROM", "nobody", "must be an e-mail address"),
        ("TRIALSITE_IDLE_MINUTES", "0", "must be a whole number of minutes from 1 to 60"),
        ("TRIALSITE_IDLE_MINUTES", "61", "must be a whole number of minutes from 1 to 60"),
        ("TRIALSITE_IDLE_MINUTES", "1e1", "must be a whole number of minutes from 1 to 60"),
        ("TRIALSITE_IDLE_MINUTES", "15" * 3000, "must be a whole number of minutes from 1 to 60"),
        ("TRIALSITE_IDLE_MINUTES", "\u0661\u0665", "must be a whole number of minutes from 1 to 60"),
        ("TRIALSITE_PROTOCOL_FILE", "/nowhere.toml", "must name a protocol file that exists"),
        ("TRIALSITE_DATA_DIR", __file__, "must name a directory"),
        ("DATABASE_URL", "mysql://u:geheim@h/d", "must start with sqlite:/// or postgresql://"),
        ("DATABASE_URL", "postgresql://u:geheim@h/", "must end with the name of a database"),
        ("DATABASE_URL", "postgresql://u:geheim@h:port/d", "must be an address such as postgresql://"),
    ],
)
def test_a_wrong_or_unsafe_value_is_refused_with_its_reason(name: str, value: str, reason: str) -> None:
    text = refusal(**{name: value})
    assert reason in text
    assert text.count("\n  - ") == 1
    assert "geheim" not in text


def test_several_keys_let_the_list_be_encrypted_anew() -> None:
    older = Fernet.generate_key().decode()
    assert load(TRIALSITE_ALLOCATION_KEY=f"{ALLOCATION}, {older}").allocation_key == (ALLOCATION, older)


def test_postgresql_is_described_for_django() -> None:
    found = load(DATABASE_URL="postgresql://ann:pw@db:5433/trial").database_url
    assert (found["ENGINE"], found["NAME"], found["PORT"]) == ("django.db.backends.postgresql", "trial", 5433)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u:p%40ss@h", {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_HOST_PASSWORD": "p@ss"}),
        ("smtps://h:4650", {"EMAIL_PORT": 4650, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False}),
    ],
)
def test_mail_leaves_encrypted(url: str, expected: dict[str, Any]) -> None:
    assert expected.items() <= load(TRIALSITE_EMAIL_URL=url).email_url.items()


def test_a_name_stands_for_one_setting_only() -> None:
    names = [name for setting in KNOWN for name in names_of(setting)]
    assert len(names) == len(set(names))


def test_a_process_for_the_blinded_has_no_key_and_needs_a_database_with_roles() -> None:
    postgresql = "postgresql://trialsite@database/trialsite"
    blinded = {key: value for key, value in SAFE.items() if key != "TRIALSITE_ALLOCATION_KEY"}
    blinded |= {"TRIALSITE_SERVES": "blinded", "DATABASE_URL": postgresql}
    for mode in ("production", "demo"):
        options = load_options({**blinded, "TRIALSITE_MODE": mode})
        assert (options.serves, options.allocation_key) == ("blinded", ())
    assert "must not be given to a process that serves the blinded" in refusal(**blinded)
    assert ALLOCATION not in refusal(**blinded)
    assert load(TRIALSITE_SERVES="unblinded", DATABASE_URL=postgresql).allocation_key == (ALLOCATION,)
    assert "TRIALSITE_SERVES can be unblinded on PostgreSQL only" in refusal(TRIALSITE_SERVES="unblinded")
    assert "TRIALSITE_SERVES must be one of everyone, blinded, unblinded" in refusal(TRIALSITE_SERVES="statistician")
