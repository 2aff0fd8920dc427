"""What a request leaves beside its answer: statements and rows of the database, lines of the log, mails, parameters that were read."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from re import compile as compile_pattern
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.http import QueryDict

# Libraries that say once per process where they are; statements are compared themselves.
CHATTER = ("django.db", "matplotlib", "fontTools", "asyncio", "weasyprint", "PIL")
# The name of a savepoint counts how many there were before.
SAVEPOINT = compile_pattern(r"s-?\d+_x\d+")


@dataclass(slots=True)
class Heard:
    """What was heard of one request."""

    statements: int = 0
    rows: int = 0
    shape: Any = field(default_factory=sha256)
    lines: list[str] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    def note_statement(self, sql: str) -> None:
        self.statements += 1
        self.shape.update(SAVEPOINT.sub("s", sql).encode())


@contextmanager
def listening() -> Iterator[Heard]:
    """Hear everything that happens inside the block."""
    heard = Heard()
    with _database(heard), _log(heard), _parameters(heard):
        mails = len(getattr(mail, "outbox", []))
        yield heard
        heard.lines += [f"mail {one.to} {one.subject}\n{one.body}" for one in getattr(mail, "outbox", [])[mails:]]


@contextmanager
def _database(heard: Heard) -> Iterator[None]:
    class Counting(CursorWrapper):
        """Counts the rows that are fetched, and keeps the words of every statement, not its values."""

        def execute(self, sql: Any, params: Any = None) -> Any:
            heard.note_statement(str(sql))
            return super().execute(sql, params)

        def executemany(self, sql: Any, param_list: Any) -> Any:
            heard.note_statement(str(sql))
            return super().executemany(sql, param_list)

        def fetchone(self) -> Any:
            row = self.cursor.fetchone()
            heard.rows += row is not None
            return row

        def fetchmany(self, *given: Any) -> Any:
            rows = self.cursor.fetchmany(*given)
            heard.rows += len(rows)
            return rows

        def fetchall(self) -> Any:
            rows = self.cursor.fetchall()
            heard.rows += len(rows)
            return rows

        def __iter__(self) -> Iterator[Any]:
            for row in self.cursor:
                heard.rows += 1
                yield row

    wrapper: Any = connection
    with _replaced(wrapper, "make_cursor", lambda cursor: Counting(cursor, wrapper)):
        yield


@contextmanager
def _log(heard: Heard) -> Iterator[None]:
    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(CHATTER):
                heard.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    ear = Ear(logging.DEBUG)
    told: Any = settings.LOGGING["loggers"]
    named = ("", *told)
    loggers = [one for one in (logging.getLogger(name) for name in named) if one.name == "root" or not one.propagate]
    were = [logger.handlers for logger in loggers]
    for logger in loggers:
        logger.handlers = [ear]  # alone, for nobody has to read thousands of refusals that are asked for
    try:
        yield
    finally:
        for logger, handlers in zip(loggers, were, strict=True):
            logger.handlers = handlers


@contextmanager
def _parameters(heard: Heard) -> Iterator[None]:
    """Which parameters somebody asks for; a page cannot depend on one that nobody asks for."""

    def noting(original: Callable[..., Any]) -> Callable[..., Any]:
        def read(data: QueryDict, *given: Any, **others: Any) -> Any:
            heard.read.update(str(name) for name in given[:1])
            return original(data, *given, **others)

        return read

    with (
        _replaced(QueryDict, "get", noting(QueryDict.get)),
        _replaced(QueryDict, "getlist", noting(QueryDict.getlist)),
        _replaced(QueryDict, "__getitem__", noting(QueryDict.__getitem__)),
        _replaced(QueryDict, "__contains__", noting(QueryDict.__contains__)),
    ):
        yield


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute of something, for the length of the block."""
    had, was = name in vars(owner), vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if had:
            setattr(owner, name, was)
        else:
            delattr(owner, name)
