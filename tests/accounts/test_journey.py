"""An admin's day in a real browser: invite, hand over, deactivate; with an accessibility check of every page."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from pytest_playwright.pytest_playwright import CreateContextCallback

from tests.cast import PASSWORD
from trialsite.accounts.models import User

NEW_PASSWORD = "another long enough phrase"


def check(page: Page) -> None:
    """No known obstacle for people who do not see, or use no mouse."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def sign_in(page: Page, server: LiveServer, username: str, password: str) -> None:
    page.goto(f"{server.url}/sign-in/?next=/roles/")
    check(page)
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("width", [1280, 390])
def test_invite_hand_over_and_deactivate(
    live_server: LiveServer, new_context: CreateContextCallback, admin: User, width: int
) -> None:
    desk = new_context(viewport={"width": width, "height": 900}).new_page()
    sign_in(desk, live_server, "admin", PASSWORD)
    expect(desk.get_by_role("heading", name="Who may do what")).to_be_visible()
    check(desk)

    desk.goto(f"{live_server.url}/users/")
    check(desk)
    desk.get_by_role("link", name="Invite somebody").click()
    check(desk)
    desk.get_by_label("User name").fill("Ann")
    desk.get_by_label("Full name").fill("Ann Brown")
    desk.get_by_label("Coordinator").check()
    desk.get_by_label("Operator").check()
    desk.get_by_role("button", name="Invite").click()
    expect(desk.get_by_text("Operator may know an arm, Coordinator must never")).to_be_visible()
    check(desk)
    desk.get_by_label("Operator").uncheck()
    desk.get_by_label("UB").check()
    desk.get_by_role("button", name="Invite").click()
    expect(desk.get_by_role("heading", name="Ann Brown is invited")).to_be_visible()
    check(desk)

    theirs = new_context(viewport={"width": width, "height": 900}).new_page()
    theirs.goto(desk.get_by_label("Link for ann").input_value())
    check(theirs)
    theirs.get_by_label("New password", exact=False).first.fill(NEW_PASSWORD)
    theirs.get_by_label("New password confirmation").fill(NEW_PASSWORD)
    theirs.get_by_role("button", name="Store the password").click()
    expect(theirs.get_by_text("Your password is stored")).to_be_visible()
    sign_in(theirs, live_server, "ann", NEW_PASSWORD)
    expect(theirs.get_by_role("heading", name="Who may do what")).to_be_visible()
    theirs.goto(f"{live_server.url}/password/")
    check(theirs)
    theirs.goto(f"{live_server.url}/users/")
    expect(theirs.get_by_role("heading", name="There is nothing here for you")).to_be_visible()
    check(theirs)

    desk.get_by_role("link", name="To the account").click()
    check(desk)
    desk.get_by_role("link", name="Deactivate").click()
    check(desk)
    desk.get_by_label("Why").fill("left the trial")
    desk.get_by_role("button", name="Deactivate the account").click()
    expect(desk.get_by_text("Ann Brown is deactivated.")).to_be_visible()
    theirs.goto(f"{live_server.url}/roles/")
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()

    desk.goto(f"{live_server.url}/users/sign-ins/")
    check(desk)
