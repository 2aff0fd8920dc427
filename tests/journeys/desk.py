"""A person at a desk with a browser: goes to pages, types, and looks at every page as a reader who does not see would.

`look()` is the check every page on a journey passes. With JOURNEY_PICTURES naming a folder, it also leaves a picture
of the page there, wide and narrow: JOURNEY_PICTURES=/tmp/pictures make test-browser
"""

import os
import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Locator, Page, Response, expect

from tests.cast import PASSWORD

WIDE, NARROW, HEIGHT = 1280, 390, 900
PICTURES = os.environ.get("JOURNEY_PICTURES", "")

Sheet = Mapping[str, str | list[str]]
AXE = Axe()
# A narrow page is laid out otherwise. One look with axe at each kind of page is enough, so whoever comes first takes it.
NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_seen_narrow: set[str] = set()


class Desk:
    """One person in one browser. `complaints` is what the browser itself found wrong so far."""

    def __init__(self, page: Page, server_url: str, username: str) -> None:
        self.page, self.server_url, self.username = page, server_url, username
        self.complaints: list[str] = []
        page.set_default_timeout(15_000)
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("response", self._note_response)

    def _note_console(self, message: ConsoleMessage) -> None:
        # A page that answers 404 or 422 is meant to; the browser notes it here too, and `_note_response` judges it.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _note_response(self, response: Response) -> None:
        is_page = response.request.resource_type == "document"
        # 401 is how the server tells a script that the session is gone; the page then leads to the sign-in page.
        if response.status >= (500 if is_page else 400) and response.status != HTTPStatus.UNAUTHORIZED:
            self.complaints.append(f"{response.status} {response.url}")

    # -- going

    def sign_in(self, *, password: str = PASSWORD, path: str = "/") -> None:
        self.go(f"/sign-in/?next={path}")
        self.sign_in_here(password=password)

    def sign_in_here(self, *, password: str = PASSWORD) -> None:
        """On the sign-in page, wherever it leads."""
        self.page.get_by_label("User name").fill(self.username)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.server_url}{path}")

    def follow(self, name: str) -> None:
        """Follow the link of this name in the page, not in its head."""
        self.leave_by(self.page.locator("main").get_by_role("link", name=name, exact=True).first)

    def press(self, name: str) -> None:
        self.leave_by(self.page.locator("main").get_by_role("button", name=name, exact=True))

    def leave_by(self, way: Locator) -> None:
        """Click what leads to another page, and wait for that: a click alone comes back at once."""
        with self.page.expect_navigation():
            way.click()

    # -- typing

    def enter(self, sheet: Sheet) -> None:
        """Type values into the inputs of these names; a list is what is ticked."""
        for name, value in sheet.items():
            inputs = self.page.locator(f'main [name="{name}"]')
            kind = inputs.first.evaluate("input => input.type")
            if kind in {"radio", "checkbox"}:
                for code in [value] if isinstance(value, str) else value:
                    self.page.locator(f'main [name="{name}"][value="{code}"]').check()
            elif kind in {"select-one", "select-multiple"}:
                inputs.select_option(value)
            else:
                assert isinstance(value, str)
                inputs.fill(value)

    def complete(self, sheet: Sheet) -> None:
        """Enter a form and complete it."""
        self.enter(sheet)
        self.press("Complete")
        self.hears("completed.")

    # -- looking

    def sees(self, text: str) -> None:
        expect(self.page.locator("main")).to_contain_text(text)

    def hears(self, text: str) -> None:
        """What the page says after an act."""
        expect(self.page.locator("main").get_by_role("status").first).to_contain_text(text)

    def look(self, name: str, *, is_line_broken: bool = False) -> None:
        """Nothing on the page hinders anybody, nothing runs out of a narrow screen, and the browser has no complaint.

        While the line is broken, the browser notes each question of the page that gets no answer.
        """
        for width in (NARROW, WIDE):
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self._check_width(width)
            self._take_picture(name, width)
            if width == WIDE or self._is_first_of_its_kind():
                self._check_access()
        assert is_line_broken or self.complaints == [], f"{name}: {self.complaints}"

    def _check_width(self, width: int) -> None:
        needed = self.page.evaluate("document.documentElement.scrollWidth")
        assert needed <= width, f"{self.page.url} needs {needed} px of {width}"

    def _is_first_of_its_kind(self) -> bool:
        kind = NUMBERS.sub("*", urlsplit(self.page.url).path)
        is_first = kind not in _seen_narrow
        _seen_narrow.add(kind)
        return is_first

    def _check_access(self) -> None:
        # To list in detail what is well costs a third of the time.
        found = AXE.run(self.page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()

    def _take_picture(self, name: str, width: int) -> None:
        if PICTURES:
            path = Path(PICTURES) / f"{name}-{width}.png"
            self.page.screenshot(path=path, full_page=True)
