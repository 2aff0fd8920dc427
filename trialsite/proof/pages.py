"""What a page offers: its links, also relative ones, and its forms as a browser would send them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

# An address in a page, with the attribute that holds it.
ADDRESS = re.compile(rb'\s(href|src|hx-get)="([^"]*)"')
FORM = re.compile(rb"<form\b.*?</form>", re.DOTALL)
LEFT_ALONE = ("/static/",)
# Nothing a person types is asked for: these choose or confirm.
BUTTONS = frozenset({"submit", "button", "image", "reset", "file"})


@dataclass(slots=True)
class Form:
    """A form as it is shown: where it goes, what is in it, what can be chosen, and its buttons."""

    method: str = "get"
    action: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


def find_links(body: bytes, url: str) -> Iterator[tuple[str, str]]:
    """Method and address of everything that can be clicked or is fetched along: "get", or "htmx" for a part of a page."""
    for attribute, found in ADDRESS.findall(body):
        address = urljoin(url, unescape(found.decode(errors="replace"))).split("#")[0]
        parts = urlsplit(address)
        if not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith(LEFT_ALONE):
            yield ("htmx" if attribute == b"hx-get" else "get"), address


def find_forms(body: bytes, url: str) -> Iterator[Form]:
    for found in FORM.findall(body):
        reader = _FormReader()
        reader.feed(found.decode(errors="replace"))
        reader.form.action = urljoin(url, reader.form.action).split("#")[0]
        yield reader.form


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.form = Form()
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form.method = "post" if "hx-post" in given else given.get("method", "get").lower()
            self.form.action = given.get("hx-post", given.get("action", ""))
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select:
            self._add_option(given)
        elif tag == "textarea":
            self._area = given.get("name", "")
            self.form.values.setdefault(self._area, [""])
        elif given.get("name") and tag in {"input", "button"}:
            self._add_input(tag, given)

    def _add_option(self, given: dict[str, str]) -> None:
        value = given.get("value", "")
        self.form.choices.setdefault(self._select, []).append(value)
        if "selected" in given or self._select not in self.form.values:
            self.form.values[self._select] = [value]

    def _add_input(self, tag: str, given: dict[str, str]) -> None:
        name, kind, value = (
            given["name"],
            given.get("type", "submit" if tag == "button" else "text"),
            given.get("value", ""),
        )
        if kind in BUTTONS:
            self.form.buttons.append((name, value))
        elif kind in {"checkbox", "radio"}:
            self.form.choices.setdefault(name, []).append(value or "on")
            if "checked" in given:
                self.form.values.setdefault(name, []).append(value or "on")
        else:
            self.form.values.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        if self._area:
            self.form.values[self._area] = [self.form.values[self._area][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
