"""The review of access: what it shows, how it is signed, and that nothing signed changes."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.test import Client

from tests.cast import PASSWORD, SignIn, make_user
from trialsite.accounts.models import AccessReview, User
from trialsite.accounts.roles import Role
from trialsite.accounts.rules import AccountUse, flag_account
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock

PAGE = "/users/review/"
TODAY = datetime(2026, 3, 2, tzinfo=UTC).date()
USED = {"created_on": TODAY, "last_sign_in_on": TODAY, "failures": 0, "has_new_access": False, "lacks_training": False}


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({}, ""),
        ({"last_sign_in_on": None}, "never signed in since it was opened on 2026-03-02"),
        ({"last_sign_in_on": TODAY - timedelta(days=91)}, "not used for 91 days"),
        ({"last_sign_in_on": TODAY - timedelta(days=90)}, ""),
        ({"failures": 5}, "5 failed sign-ins since the last review"),
        ({"has_new_access": True}, "roles or sites changed since the last review"),
        ({"lacks_training": True}, "lacks training"),
        ({"is_own": True}, "your own account: another admin looks at it at the next review"),
    ],
)
def test_what_catches_the_eye(change: dict[str, Any], flag: str) -> None:
    use = AccountUse(**{"is_own": False, **USED, **change})
    assert flag_account(use, TODAY) == ([flag] if flag else [])


@pytest.fixture
def desk(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def fill(desk: Client, **changes: str) -> dict[str, str]:
    """The page filled in: everybody is kept, but as `changes` says by user name."""
    text = desk.get(PAGE).content.decode()
    shown = re.search(r'name="shown" value="(\w+)"', text)
    assert shown
    decisions = {
        f"decision-{user.pk}": changes.pop(user.username, "keep") for user in User.objects.filter(is_active=True)
    }
    return {"shown": shown[1], "remarks": "all looked at", "password": PASSWORD, **decisions, **changes}


@pytest.mark.conformance(5)
def test_a_review_lists_every_account_is_signed_and_leads_to_what_was_decided(
    desk: Client, coordinator: User, monitor: User, operator: User
) -> None:
    for _ in range(5):
        Client().post("/sign-in/", {"username": "monitor", "password": "wrong"})
    User.objects.filter(pk=operator.pk).update(is_active=False)
    text = desk.get(PAGE).content.decode()
    assert "3 accounts that can sign in" in text
    assert "5 failed sign-ins since the last review" in text
    assert "never signed in since" in text
    answer = desk.post(PAGE, fill(desk, coordinator="deactivate", **{f"note-{coordinator.pk}": "left in May"}))
    review = AccessReview.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/users/review/{review.pk}/")
    kept = {line["username"]: (line["decision"], line["note"]) for line in review.lines}
    assert kept == {"admin": ("keep", ""), "coordinator": ("deactivate", "left in May"), "monitor": ("keep", "")}
    assert (review.reviewer_username, review.remarks) == ("admin", "all looked at")
    event = AuditEvent.objects.get(action="access_reviewed")
    assert "3 accounts; keep as it is: 2, change: 0, deactivate: 1" in event.detail
    assert review.digest in event.detail
    page = desk.get(answer["Location"]).content.decode()
    assert "to be done" in page
    step = f"/users/{coordinator.pk}/deactivate/"
    assert f'href="{step}"' in page
    desk.post(step, {"reason": "review of access"})
    assert "to be done" not in desk.get(answer["Location"]).content.decode()
    assert f'href="{answer["Location"]}"' in desk.get(PAGE).content.decode()


@pytest.mark.conformance(5)
def test_it_is_due_again_after_the_days_of_the_protocol(desk: Client, admin: User, sign_in: SignIn) -> None:
    assert "was due on" not in desk.get("/users/").content.decode()
    with clock.held_at(clock.now() + timedelta(days=91)):
        late = sign_in(admin)
        assert "The review of access was due on" in late.get("/users/").content.decode()
        late.post(PAGE, fill(late))
        assert "was due on" not in late.get("/users/").content.decode()
        assert "The next one is due on" in late.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "wrong"}, "This is not your password"),
        ({"coordinator": ""}, "Decide about this account"),
        ({"coordinator": "promote"}, "“promote” is not in this list"),
        ({"shown": "0" * 64}, "Accounts changed since this page was opened"),
        ({"remarks": "a\0b"}, "Null characters"),
        ({"remarks": "x" * 5001}, "at most 5000 characters"),
    ],
)
def test_what_is_not_signed_properly_is_not_kept(
    desk: Client, coordinator: User, change: dict[str, str], sentence: str
) -> None:
    answer = desk.post(PAGE, fill(desk, **{f"note-{coordinator.pk}": "a note that stays", **change}))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "a note that stays" in answer.content.decode()
    assert not AccessReview.objects.exists()


def test_signing_after_an_account_changed_shows_it_first(desk: Client, coordinator: User) -> None:
    sent = fill(desk)
    make_user("newcomer", Role.MONITOR)
    answer = desk.post(PAGE, sent)
    assert answer.status_code == 422
    assert "newcomer" in answer.content.decode()
    assert desk.post(PAGE, fill(desk)).status_code == 302


def test_trying_passwords_closes_the_name(desk: Client) -> None:
    answers = [desk.post(PAGE, fill(desk, password="wrong")).status_code for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert answers[-1] == 429


def test_a_signed_review_never_changes(desk: Client) -> None:
    desk.post(PAGE, fill(desk))
    for act in (lambda: AccessReview.objects.update(remarks="x"), lambda: AccessReview.objects.all().delete()):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            act()


def test_an_unknown_review_does_not_exist(desk: Client) -> None:
    assert desk.get(f"{PAGE}00000000-0000-0000-0000-000000000000/").status_code == 404


def test_the_page_costs_the_same_for_many_accounts(desk: Client, django_assert_max_num_queries: Any) -> None:
    for n in range(20):
        make_user(f"person{n:02d}", Role.MONITOR)
    desk.get(PAGE)
    with django_assert_max_num_queries(9):
        desk.get(PAGE)
