"""An admin's day: invite somebody, hand over the link, deactivate the account while its owner is at work."""

from playwright.sync_api import expect

from tests.journeys.conftest import SitDown
from tests.journeys.desk import Desk
from trialsite.accounts.models import User

NEW_PASSWORD = "another long enough phrase"


def test_invite_hand_over_and_deactivate(sit_down: SitDown, admin: User) -> None:
    desk = sit_down(admin)
    desk.look("users")
    link = invite(desk)
    theirs = sit_down(User(username="ann"), is_signed_in=False)
    choose_password(theirs, link)
    work(theirs)
    deactivate(desk)
    # The next page the person asks for is the sign-in page, and the password is of no use there.
    theirs.go("/patients/")
    expect(theirs.page.get_by_role("heading", name="Sign in")).to_be_visible()
    theirs.sign_in_here(password=NEW_PASSWORD)
    theirs.sees("User name and password do not go together.")
    theirs.look("sign-in-refused")
    desk.go("/users/sign-ins/")
    desk.look("sign-ins")


def invite(desk: Desk) -> str:
    """The link for the new person; the first try joins two roles that must not be joined."""
    desk.follow("Table of roles")
    desk.look("roles")
    desk.go("/users/")
    desk.follow("Invite somebody")
    desk.enter(
        {"username": "Ann", "full_name": "Ann Brown", "roles": ["coordinator", "operator"], "site_codes": ["UB"]}
    )
    desk.press("Invite and make the link")
    desk.sees("Operator may know an arm, Coordinator must never")
    desk.look("invite-refused")
    desk.page.get_by_label("Operator").uncheck()
    desk.press("Invite and make the link")
    expect(desk.page.get_by_role("heading", name="Ann Brown is invited")).to_be_visible()
    desk.look("invited")
    return desk.page.get_by_label("Link for ann").input_value()


def choose_password(theirs: Desk, link: str) -> None:
    theirs.page.goto(link)
    theirs.look("choose-password")
    theirs.enter({"new_password1": "password", "new_password2": "password"})
    theirs.press("Store the password")
    theirs.sees("too common")
    theirs.look("choose-password-refused")
    theirs.enter({"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    theirs.press("Store the password")
    theirs.sees("Your password is stored")
    theirs.look("sign-in")
    theirs.page.goto(link)
    theirs.sees("This link does not work any more")
    theirs.look("link-used")


def work(theirs: Desk) -> None:
    theirs.sign_in(password=NEW_PASSWORD, path="/patients/")
    expect(theirs.page.get_by_role("heading", name="Patients")).to_be_visible()
    theirs.go("/password/")
    theirs.look("password")
    theirs.go("/users/")
    expect(theirs.page.get_by_role("heading", name="There is nothing here for you")).to_be_visible()


def deactivate(desk: Desk) -> None:
    desk.follow("To the account")
    desk.look("user")
    desk.follow("Deactivate …")
    desk.look("user-deactivate")
    desk.enter({"reason": "left the trial"})
    desk.press("Deactivate the account")
    desk.sees("Ann Brown is deactivated.")
