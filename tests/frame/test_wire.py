"""What every answer carries, and what a browser makes of it."""

import pytest
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def headers(client: Client, db: None) -> dict[str, str]:
    return dict(client.get("/health").headers.items())


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(headers: dict[str, str]) -> None:
    policy = headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


def test_no_page_is_kept_by_browser_or_proxy(headers: dict[str, str]) -> None:
    assert headers["Cache-Control"] == "no-store, private"


def test_no_page_is_framed_guessed_or_named_to_others(headers: dict[str, str]) -> None:
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_chromium_reaches_the_live_server(live_server: LiveServer, page: Page) -> None:
    page.goto(f"{live_server.url}/health")
    assert page.inner_text("body").strip() == "ok"


def test_chromium_may_not_run_a_script_of_the_page(live_server: LiveServer, page: Page) -> None:
    page.goto(f"{live_server.url}/health")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        " document.body.append(s) }"
    )
    assert page.evaluate("() => window.ran") is None
