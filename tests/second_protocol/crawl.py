"""Opening every page that a person can click to."""

import re
from collections.abc import Iterator
from html import unescape

from django.test import Client

# What answers to a click with a file, or ends the session.
LEFT_ALONE = re.compile(r"^/(static|sign-out)/")
LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
# Each value has a page of its history: one for each record is enough.
FIELD_HISTORY = re.compile(r"^(/history/[^/]+/[^/]+/)[^/]+/$")


def crawl(browser: Client, start: str = "/") -> dict[str, str]:
    """Address -> page, from a start page on along all links. A page that fails, or a link that leads nowhere, is an error."""
    pages: dict[str, str] = {}
    waiting, known = [start], {_kind_of(start)}
    while waiting:
        url = waiting.pop()
        answer = browser.get(url, follow=True)
        if answer.status_code != 200:
            raise AssertionError(f"{url} answers {answer.status_code}")
        body = b"".join(answer) if answer.streaming else answer.content
        pages[url] = body.decode()
        for link in _links(pages[url]):
            if _kind_of(link) not in known:
                known.add(_kind_of(link))
                waiting.append(link)
    return pages


def _links(page: str) -> Iterator[str]:
    for link in LINK.findall(page):
        if not LEFT_ALONE.match(link):
            yield unescape(link)


def _kind_of(url: str) -> str:
    return FIELD_HISTORY.sub(r"\1*", url)
