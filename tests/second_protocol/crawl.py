"""Opening every page that a person can click to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from zipfile import ZipFile

from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext

# What answers to a click with a file, or ends the session.
LEFT_ALONE = re.compile(r"^/(static|sign-out)/")
LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
# Each value has a page of its history and one to ask about it: one of each for each record is enough.
OF_ONE_FIELD = re.compile(r"^(/(?:history|queries/new)/[^/]+/[^/]+/)[^/]+/$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back for an address, after redirections: also what does not meet the eye."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    queries: int


def crawl(browser: Client, start: str = "/", *, but: str = "") -> dict[str, Page]:
    """Address -> page, from a start page on along all links but those that begin with `but`.

    A page that fails, or a link that leads nowhere, is an error.
    """
    pages: dict[str, Page] = {}
    waiting, known = [start], {_kind_of(start)}
    while waiting:
        url = waiting.pop()
        page = pages[url] = look_at(browser, url)
        if page.status != 200:
            raise AssertionError(f"{url} answers {page.status}")
        for link in _links(page.body):
            if _kind_of(link) not in known and not (but and link.startswith(but)):
                known.add(_kind_of(link))
                waiting.append(link)
    return pages


def look_at(browser: Client, url: str) -> Page:
    reset_queries()  # the log of a connection holds so many, and no more
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(url, follow=True)
    body = b"".join(answer) if answer.streaming else answer.content
    headers = tuple(sorted((name, value) for name, value in answer.headers.items() if name != "Content-Length"))
    return Page(status=answer.status_code, headers=headers, body=text_of(body), queries=len(queries))


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


def _kind_of(url: str) -> str:
    return OF_ONE_FIELD.sub(r"\1*", url)
