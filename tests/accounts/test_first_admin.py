"""Somebody who runs the server makes the first account; everybody else is invited on a page."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from tests.cast import PASSWORD
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def invite(*given: str) -> str:
    """The path of the link that the command shows."""
    said = StringIO()
    call_command("invite_admin", *given, stdout=said)
    found = re.search(r"http://127\.0\.0\.1(/password/\S+)", said.getvalue())
    assert found, said.getvalue()
    return found[1]


def test_the_first_admin_is_made_on_the_server_and_no_second(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    with pytest.raises(CommandError, match="Begin with a letter"):
        invite("Ann Brown", "Ann Brown")
    with pytest.raises(CommandError, match="at most 120 characters"):
        invite("ann", "A" * 121)
    first = invite("Ann", "Ann Brown")
    assert invite("ann", "Ann Brown")  # the same person once more, who lost the link
    (admin,) = User.objects.all()
    assert (admin.username, admin.role_set, admin.has_chosen_password) == ("ann", frozenset({Role.ADMIN}), False)
    browser = Client()
    page = browser.get(first, follow=True).redirect_chain[-1][0]
    assert browser.post(page, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 302
    assert browser.post("/sign-in/", {"username": "ann", "password": PASSWORD}).headers["Location"] == "/"
    assert browser.get("/users/").status_code == 200
    for name in ("ann", "bob"):
        with pytest.raises(CommandError, match=r"Ann Brown \(ann\) can sign in"):
            invite(name, "Bob")
    assert invite("bob", "Bob Green", "--rescue")
    assert (
        list(AuditEvent.objects.filter(action="account_invited").values_list("actor_username", flat=True))
        == ["system"] * 2
    )
    settings.SERVES = "blinded"
    with pytest.raises(CommandError, match="run this there"):
        invite("bob", "Bob")
