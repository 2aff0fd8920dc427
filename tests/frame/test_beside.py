"""Ways past the pages: mails about errors, temporary files of uploads, the log of statements. Nothing that may tell an arm goes there."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client
from django.utils.log import AdminEmailHandler

from tests.cast import SignIn
from trialsite.accounts.models import User
from trialsite.lib.log import DiscreetFormatter, MaskPaths

SECRET = "P2-014 sham"
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Watch:
    """The files that Python opens to write while it looks. A hook of the interpreter stays for ever, so there is one."""

    def __init__(self) -> None:
        self.is_on = False
        self.written: list[str] = []
        sys.addaudithook(self.note)

    def note(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_on and event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES:
            self.written.append(str(arguments[0]))


WATCH = Watch()


@pytest.fixture
def watch() -> Iterator[Watch]:
    WATCH.written, WATCH.is_on = [], True
    yield WATCH
    WATCH.is_on = False


def list_handlers() -> list[logging.Handler]:
    """Every handler of every logger there is, those of libraries too."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    return [handler for logger in loggers for handler in logger.handlers]


@pytest.mark.django_db
def test_an_error_of_the_server_is_mailed_to_nobody_and_logged_without_its_words(
    coordinator: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    assert (list(settings.ADMINS), list(settings.MANAGERS)) == ([], [])
    # Also where an installation names somebody, no handler sends one.
    settings.ADMINS = settings.MANAGERS = ["someone@example.org"]
    assert not [one for one in list_handlers() if isinstance(one, AdminEmailHandler) or "SMTP" in type(one).__name__]

    def fail(*_: object, **__: object) -> None:
        raise IntegrityError(f"Key (arm)=({SECRET}) already exists.")

    window = sign_in(coordinator)
    window.raise_request_exception = False
    monkeypatch.setattr("enrollment.views.patients.get_protocol", fail)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(MaskPaths())
    handler.setFormatter(DiscreetFormatter("{name}: {message}", style="{"))
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        answer = window.get("/patients/register/")
    finally:
        logger.removeHandler(handler)
    assert answer.status_code >= 500
    assert SECRET not in answer.content.decode()
    assert mail.outbox == []
    assert "django.request" in stream.getvalue()
    assert "IntegrityError (message withheld)" in stream.getvalue()
    assert SECRET not in stream.getvalue()


@pytest.mark.django_db
def test_statements_are_neither_logged_nor_kept(settings: Any) -> None:
    assert not [name for name in settings.LOGGING["loggers"] if name.startswith("django.db")]
    for name in ("django.db", "django.db.backends", "django.db.backends.schema"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    assert not connection.queries_logged


@pytest.mark.django_db
@pytest.mark.parametrize("kilobytes", [5, 900, 5_500, 7_000])
def test_an_upload_touches_no_file(kilobytes: int, statistician: User, sign_in: SignIn, watch: Watch) -> None:
    window = sign_in(statistician)
    answer = upload(window, kilobytes)
    assert answer == 422
    assert watch.written == []


@pytest.mark.django_db
def test_a_file_that_an_upload_touched_would_be_seen(
    statistician: User, sign_in: SignIn, watch: Watch, settings: Any
) -> None:
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
    upload(sign_in(statistician), 5)
    assert any(".upload" in name for name in watch.written)


def upload(window: Client, kilobytes: int) -> int:
    lines = b"position,arm\n" + b"1,no such arm\n" * (kilobytes * 1024 // 14)
    return window.post("/allocation/2/upload/", {"phase2-file": SimpleUploadedFile("list.csv", lines)}).status_code
