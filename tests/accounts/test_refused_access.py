"""Who asks for what is not theirs is kept in the trail, and cannot fill it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from tests.cast import SignIn
from trialsite.accounts.actions import REFUSALS_KEPT, record_refused_access
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock


def kept() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(action="refused_access").values_list("actor_username", "detail"))


@pytest.mark.conformance(27)
def test_a_page_without_the_permission_is_kept_by_its_name(coordinator: User, sign_in: SignIn) -> None:
    assert sign_in(coordinator).get("/users/").status_code == 404
    assert kept() == [("coordinator", "accounts:users")]


def test_an_unknown_patient_and_a_patient_of_another_site_are_kept_alike(coordinator: User, sign_in: SignIn) -> None:
    sign_in(coordinator).get(f"/patients/{uuid4()}/")
    assert kept() == [("coordinator", "casebook")]


def test_an_address_that_does_not_exist_is_not(coordinator: User, sign_in: SignIn) -> None:
    sign_in(coordinator).get("/no-such-address/")
    assert kept() == []


def test_the_same_address_is_kept_once_in_a_while(coordinator: User, sign_in: SignIn) -> None:
    site = sign_in(coordinator)
    for _ in range(5):
        site.get("/users/")
    assert len(kept()) == 1
    with clock.held_at(clock.now() + timedelta(minutes=11)):
        site.get("/users/")
    assert len(kept()) == 2


def test_whoever_tries_everything_does_not_fill_the_trail(coordinator: User) -> None:
    for number in range(REFUSALS_KEPT * 2):
        record_refused_access(coordinator, f"address_{number}")
    assert len(kept()) == REFUSALS_KEPT


def test_a_stranger_leaves_no_entry(client: Client, db: None) -> None:
    client.get("/users/")
    assert kept() == []
