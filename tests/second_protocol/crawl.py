"""Opening every page that a person can click to."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.db import connection
from django.test import Client

# What answers to a click with a file, or ends the session.
LEFT_ALONE = re.compile(r"^/(static|sign-out)/")
LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
# Each value has a page of its history and one to ask about it: one of each for each record is enough.
OF_ONE_FIELD = re.compile(r"^(/(?:history|queries/new)/[^/]+/[^/]+/)[^/]+/$")
# Each event of a trail has a page to remark on it: one for each page of a trail is enough.
OF_ONE_EVENT = re.compile(r"^(/trail/events/)[^/]+(/remark/)$")
Kind = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back for an address, after redirections: also what does not meet the eye."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    queries: int


def crawl(browser: Client, start: str = "/", *, but: str = "", kind_of: Kind = str) -> dict[str, Page]:
    """Address -> page, from a start page on along all links but those that begin with `but`.

    Of addresses that `kind_of` takes for the same, one is opened. A page that fails, or a link that leads nowhere, is an error.
    """
    pages: dict[str, Page] = {}
    waiting, known = [start], {kind_of(_of_record(start, ""))}
    while waiting:
        url = waiting.pop()
        page = pages[url] = look_at(browser, url)
        if page.status != 200:
            raise AssertionError(f"{url} answers {page.status}")
        for link in _links(page.body):
            kind = kind_of(_of_record(link, url))
            if kind not in known and not (but and link.startswith(but)):
                known.add(kind)
                waiting.append(link)
    return pages


def look_at(browser: Client, url: str) -> Page:
    with count_queries() as queries:
        answer = browser.get(url, follow=True)
    body = b"".join(answer) if answer.streaming else answer.content
    headers = tuple(sorted((name, value) for name, value in answer.headers.items() if name != "Content-Length"))
    return Page(status=answer.status_code, headers=headers, body=text_of(body), queries=len(queries))


@contextmanager
def count_queries() -> Iterator[list[None]]:
    """One entry for each statement. Django's own capture keeps them to be read, and on SQLite asks another for each."""
    counted: list[None] = []

    def count(execute: Callable[..., Any], *statement: Any) -> Any:
        counted.append(None)
        return execute(*statement)

    with connection.execute_wrapper(count):
        yield counted


def text_of(body: bytes) -> str:
    """What is written in a body; in a workbook that is what its parts hold, not their compressed bytes."""
    if not body.startswith(b"PK"):
        return body.decode(errors="replace")
    with ZipFile(BytesIO(body)) as parts:
        return "\n".join(f"{name}\n{parts.read(name).decode(errors='replace')}" for name in parts.namelist())


def _links(page: str) -> Iterator[str]:
    for link in LINK.findall(page):
        if not LEFT_ALONE.match(link):
            yield unescape(link)


def _of_record(url: str, page: str) -> str:
    """The address without the field, or the event of the page, that it is about."""
    return OF_ONE_EVENT.sub(rf"\1*\2{page}", OF_ONE_FIELD.sub(r"\1*", url))
