"""What an admin does with accounts."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tests.cast import PASSWORD, SITE, SignIn, make_user
from trialsite.accounts.actions import (
    LAST_ADMIN,
    OWN_ACCOUNT,
    STALE,
    RefusedError,
    access_of,
    change_account,
    deactivate_user,
    state_of,
)
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.accounts.rules import Access
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib import clock

NEW_PASSWORD = "another long enough phrase"
INVITATION = {
    "username": "Ann.B",
    "full_name": "Ann Brown",
    "email": "ann@trial.example",
    "roles": ["coordinator"],
    "site_codes": [SITE],
}


@pytest.fixture
def desk(admin: User, sign_in: SignIn) -> Client:
    """The browser of the admin."""
    return sign_in(admin)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def find_link(response: Any) -> str:
    """The path of the link an answer shows."""
    found = re.search(r"http://testserver(/password/[^<\s]+)", response.content.decode())
    assert found, "no link is shown"
    return found.group(1)


def follow(path: str) -> tuple[Client, Any]:
    """Open a link as the invited person does, in a browser of their own."""
    client = Client()
    return client, client.get(path, follow=True)


def choose(path: str, password: str = NEW_PASSWORD) -> Any:
    client, page = follow(path)
    return client.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password})


def may_sign_in(username: str, password: str) -> bool:
    return Client().post("/sign-in/", {"username": username, "password": password}).status_code == 302


def step(desk: Client, user: User, name: str, reason: str = "asked for") -> Any:
    return desk.post(f"/users/{user.pk}/{name}/", {"reason": reason})


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


# --- Inviting --------------------------------------------------------------------------------------------------------


@pytest.mark.conformance(1, 2)
def test_an_invited_person_chooses_a_password_once_and_signs_in(desk: Client) -> None:
    link = find_link(desk.post("/users/invite/", INVITATION))
    assert not may_sign_in("ann.b", NEW_PASSWORD)
    assert choose(link)["Location"] == "/sign-in/?because=password"
    assert may_sign_in("ann.b", NEW_PASSWORD)
    assert "does not work any more" in text_of(follow(link)[1])
    assert actions()[:2] == ["account_invited", "sign_in_failed"]
    assert actions()[2:] == ["password_chosen", "sign_in"]


def test_the_invitation_is_mailed_where_there_is_mail(desk: Client) -> None:
    response = desk.post("/users/invite/", INVITATION)
    assert find_link(response) in mail.outbox[0].body
    assert mail.outbox[0].to == ["ann@trial.example"]
    assert "also mailed to ann@trial.example" in text_of(response)


def test_a_mail_that_cannot_be_sent_is_said_and_the_link_is_shown(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("trialsite.accounts.views.users.send_mail", refuse)
    response = desk.post("/users/invite/", INVITATION)
    assert "could not be mailed" in text_of(response)
    assert find_link(response)


def test_a_link_ends_after_three_days(desk: Client) -> None:
    link = find_link(desk.post("/users/invite/", INVITATION))
    with clock.held_at(clock.now() + timedelta(days=3, minutes=1)):
        assert "does not work any more" in text_of(follow(link)[1])
    with clock.held_at(clock.now() + timedelta(days=3, minutes=-1)):
        assert "Choose a password" in text_of(follow(link)[1])


@pytest.mark.parametrize("path", ["x/y", "bnVsbA/set-password", "AA/c0ffee-00", "😀/new", "x" * 3000 + "/new"])
def test_a_made_up_link_says_so(client: Client, db: None, path: str) -> None:
    response = client.get(f"/password/{path}/")
    assert response.status_code == 200
    assert "does not work any more" in text_of(response)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"username": "ADMIN"}, "was given before and is never given again"),
        ({"username": "a b"}, "Begin with a letter"),
        ({"username": "\u0430nn"}, "Begin with a letter"),
        ({"username": "x" * 61}, "at most 60 characters"),
        ({"email": "nowhere"}, "valid email"),
        ({"roles": []}, "Choose at least one role"),
        ({"roles": ["king"]}, "“king” is not in this list"),
        ({"roles": ["coordinator", "operator"]}, "Operator may know an arm, Coordinator must never"),
        ({"roles": ["coordinator", "admin"]}, "Admin manages accounts and sees no clinical data"),
        ({"roles": ["operator", "statistician"]}, "Operator treats patients and statistician analyses them"),
        ({"roles": ["coordinator", "data_manager"]}, "Data manager checks what Coordinator enters"),
        ({"site_codes": []}, "Choose the site of this coordinator"),
        ({"site_codes": ["XX"]}, "“XX” is not in this list"),
        ({"roles": ["statistician"]}, "Statistician works for all sites. Choose none."),
        ({"roles": ["assessor"]}, "Choose what this assessor rates"),
        ({"instruments": ["edss"]}, "Only an assessor rates instruments"),
    ],
)
@pytest.mark.conformance(40)
def test_an_invitation_that_cannot_stand_is_refused_at_its_field(
    desk: Client, typed: dict[str, Any], sentence: str
) -> None:
    response = desk.post("/users/invite/", INVITATION | typed)
    assert response.status_code == 422
    assert sentence in text_of(response).replace("&#x27;", "'")
    assert "Ann Brown" in text_of(response)
    assert User.objects.count() == 1


@pytest.mark.parametrize("field", ["username", "full_name", "email", "roles", "site_codes", "instruments"])
@pytest.mark.parametrize("bad", ["nul\0", "x" * 10_000, "😀" * 200])
def test_strange_input_is_refused_at_its_field(desk: Client, field: str, bad: str) -> None:
    response = desk.post("/users/invite/", INVITATION | {field: bad})
    assert response.status_code == 422
    assert User.objects.count() == 1


@pytest.mark.conformance(1)
def test_two_admins_cannot_give_a_name_twice(admin: User, monkeypatch: pytest.MonkeyPatch, sign_in: SignIn) -> None:
    """The check of the form comes too early when the other admin is quicker; the database decides."""
    make_user("ann.b", Role.COORDINATOR)
    monkeypatch.setattr(
        "trialsite.accounts.forms.InviteForm.clean_username", lambda form: form.cleaned_data["username"]
    )
    response = sign_in(admin).post("/users/invite/", INVITATION)
    assert response.status_code == 422
    assert "was given before" in text_of(response)
    assert actions() == []


@pytest.mark.conformance(1)
def test_a_deactivated_name_is_not_given_again(desk: Client, coordinator: User) -> None:
    step(desk, coordinator, "deactivate")
    response = desk.post("/users/invite/", INVITATION | {"username": "Coordinator"})
    assert "never given again" in text_of(response)


# --- Changing --------------------------------------------------------------------------------------------------------


def change_of(user: User, **typed: Any) -> dict[str, Any]:
    names = ("full_name", "email", "roles", "site_codes", "instruments")
    return {**{name: getattr(user, name) for name in names}, "seen": state_of(user), **typed}


@pytest.mark.conformance(2, 4)
def test_a_change_of_roles_is_kept_with_both_and_holds_at_once(
    desk: Client, coordinator: User, sign_in: SignIn
) -> None:
    theirs = sign_in(coordinator)
    assert "Coordinator" in text_of(theirs.get("/roles/"))
    response = desk.post(f"/users/{coordinator.pk}/", change_of(coordinator, roles=["monitor"]))
    assert response.status_code == 302
    entry = AuditEntry.objects.get(field="roles")
    assert (entry.old, entry.new, entry.record_id) == ('["coordinator"]', '["monitor"]', coordinator.pk)
    assert entry.event.actor_username == "admin"
    assert User.objects.get(pk=coordinator.pk).role_set == {Role.MONITOR}
    assert '<span class="role-badge">Monitor</span>' in text_of(theirs.get("/roles/"))


@pytest.mark.conformance(40)
def test_who_may_know_an_arm_never_gets_a_blinded_role(desk: Client, operator: User) -> None:
    """Roles are taken away, knowledge is not: once the person has signed in, another person has to do it."""
    typed = change_of(operator, roles=["coordinator"])
    assert may_sign_in("operator", PASSWORD)
    answer = desk.post(f"/users/{operator.pk}/", typed)
    assert answer.status_code == 422
    assert "was Operator and may know arms, Coordinator must never" in text_of(answer)
    step(desk, operator, "deactivate")
    User.objects.filter(pk=operator.pk).update(roles=["admin"])  # as if the role had been changed in between
    changed = User.objects.get(pk=operator.pk)
    assert (
        desk.post(f"/users/{operator.pk}/", change_of(changed, roles=["monitor"], site_codes=[SITE])).status_code == 422
    )


def test_a_slip_at_the_invitation_is_corrected_before_the_first_sign_in(desk: Client, operator: User) -> None:
    assert desk.post(f"/users/{operator.pk}/", change_of(operator, roles=["coordinator"])).status_code == 302


@pytest.mark.conformance(1)
def test_the_database_keeps_every_account_and_its_name(coordinator: User) -> None:
    for statement in ("DELETE FROM accounts_user", "UPDATE accounts_user SET username = 'somebody_else'"):
        with pytest.raises(DatabaseError, match="never deleted and keeps its name"), transaction.atomic():
            connection.cursor().execute(statement)
    coordinator.full_name = "Renamed"
    coordinator.save()
    assert User.objects.get().full_name == "Renamed"


@pytest.mark.conformance(2)
def test_the_page_of_an_account_tells_what_changed(desk: Client, coordinator: User) -> None:
    desk.post(f"/users/{coordinator.pk}/", change_of(coordinator, roles=["monitor"], full_name="Renamed"))
    page = text_of(desk.get(f"/users/{coordinator.pk}/"))
    assert "roles: Coordinator → Monitor" in page
    assert "full name: The coordinator → Renamed" in page


def test_a_change_somebody_else_made_meanwhile_is_not_overwritten(desk: Client, coordinator: User) -> None:
    typed = change_of(coordinator, roles=["monitor"])
    change_account(
        coordinator, {}, Access(roles=("investigator",), site_codes=(SITE,)), actor=SYSTEM, seen=state_of(coordinator)
    )
    response = desk.post(f"/users/{coordinator.pk}/", typed)
    assert STALE in text_of(response)
    assert User.objects.get(pk=coordinator.pk).roles == ["investigator"]


def test_an_admin_cannot_change_the_own_account(desk: Client, admin: User) -> None:
    make_user("second", Role.ADMIN)
    assert OWN_ACCOUNT in text_of(
        desk.post(f"/users/{admin.pk}/", change_of(admin, roles=["monitor"], site_codes=[SITE]))
    )
    for name in ("deactivate", "reset"):
        assert OWN_ACCOUNT in text_of(step(desk, admin, name))
    assert User.objects.get(pk=admin.pk).role_set == {Role.ADMIN}
    assert actions() == []


def test_the_last_admin_who_can_sign_in_stays(admin: User) -> None:
    invited = make_user("invited", Role.ADMIN)
    invited.set_unusable_password()
    invited.save()
    with pytest.raises(RefusedError, match=LAST_ADMIN):
        deactivate_user(admin, actor=SYSTEM, reason="a mistake")
    with pytest.raises(RefusedError, match=LAST_ADMIN):
        change_account(admin, {}, Access(roles=("monitor",), site_codes=(SITE,)), actor=SYSTEM, seen=state_of(admin))
    change_account(admin, {"full_name": "Renamed"}, access_of(admin), actor=SYSTEM, seen=state_of(admin))
    make_user("second", Role.ADMIN)
    deactivate_user(admin, actor=SYSTEM, reason="left the trial")
    assert not User.objects.get(pk=admin.pk).is_active


# --- Ending, resetting, opening --------------------------------------------------------------------------------------


@pytest.mark.conformance(4)
def test_deactivation_ends_live_sessions_at_once_and_for_good(desk: Client, coordinator: User, sign_in: SignIn) -> None:
    theirs = sign_in(coordinator)
    assert theirs.get("/roles/").status_code == 200
    assert step(desk, coordinator, "deactivate").status_code == 302
    assert theirs.get("/roles/").status_code == 302
    assert not may_sign_in("coordinator", PASSWORD)
    link = find_link(step(desk, coordinator, "reactivate"))
    assert theirs.get("/roles/").status_code == 302, "the old session is alive again"
    assert not may_sign_in("coordinator", PASSWORD)
    choose(link)
    assert may_sign_in("coordinator", NEW_PASSWORD)


def test_a_link_dies_with_the_account(desk: Client, coordinator: User) -> None:
    link = find_link(step(desk, coordinator, "reset"))
    step(desk, coordinator, "deactivate")
    assert "does not work any more" in text_of(follow(link)[1])


@pytest.mark.conformance(4)
def test_a_reset_voids_the_password_the_sessions_and_earlier_links(
    desk: Client, coordinator: User, sign_in: SignIn
) -> None:
    theirs = sign_in(coordinator)
    first = find_link(step(desk, coordinator, "reset"))
    assert theirs.get("/roles/").status_code == 302
    assert not may_sign_in("coordinator", PASSWORD)
    second = find_link(step(desk, coordinator, "reset"))
    assert "does not work any more" in text_of(follow(first)[1])
    choose(second)
    assert may_sign_in("coordinator", NEW_PASSWORD)


@pytest.mark.parametrize("name", ["deactivate", "reactivate", "reset", "unlock"])
def test_every_step_asks_first_and_wants_a_reason(desk: Client, coordinator: User, name: str) -> None:
    page = desk.get(f"/users/{coordinator.pk}/{name}/")
    assert page.status_code == 200
    assert "This field is required" in text_of(step(desk, coordinator, name, reason=" "))
    assert "Null characters" in text_of(step(desk, coordinator, name, reason="\0"))
    assert "at most 500" in text_of(step(desk, coordinator, name, reason="x" * 10_000))
    assert actions() == []


@pytest.mark.conformance(6)
def test_an_admin_opens_a_closed_name_before_its_time(desk: Client, coordinator: User) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        may_sign_in("coordinator", "wrong")
    assert not may_sign_in("coordinator", PASSWORD)
    assert "Closed for a while" in text_of(desk.get("/users/?state=locked"))
    assert "Closed after too many failures:</strong> coordinator until" in text_of(desk.get("/users/"))
    step(desk, coordinator, "unlock", "was on the phone")
    assert may_sign_in("coordinator", PASSWORD)
    assert AuditEvent.objects.get(action="account_unlocked").reason == "was on the phone"


@pytest.mark.parametrize("name", ["deactivate", "reset", "unlock"])
def test_nothing_happens_when_the_trail_cannot_be_written(
    desk: Client, coordinator: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr("trialsite.accounts.actions.write_event", fail)
    desk.raise_request_exception = False
    assert step(desk, coordinator, name).status_code == 500
    stored = User.objects.get(pk=coordinator.pk)
    assert (stored.is_active, stored.password) == (True, coordinator.password)


# --- The own password ------------------------------------------------------------------------------------------------


def change_own(desk: Client, old: str, new: str = NEW_PASSWORD) -> Any:
    return desk.post("/password/", {"old_password": old, "new_password1": new, "new_password2": new})


def test_a_person_changes_the_own_password_and_other_sessions_end(coordinator: User, sign_in: SignIn) -> None:
    here, elsewhere = sign_in(coordinator), sign_in(coordinator)
    assert change_own(here, PASSWORD).status_code == 302
    assert here.get("/roles/").status_code == 200
    assert elsewhere.get("/roles/").status_code == 302
    assert may_sign_in("coordinator", NEW_PASSWORD)
    assert "password_changed" in actions()


@pytest.mark.conformance(6)
def test_trying_passwords_in_an_open_session_closes_the_name(coordinator: User, sign_in: SignIn) -> None:
    desk = sign_in(coordinator)
    assert "not your password until now" in text_of(change_own(desk, "wrong"))
    answers = [change_own(desk, "wrong").status_code for _ in range(settings.AXES_FAILURE_LIMIT - 1)]
    assert answers[-1] == 429
    assert change_own(desk, PASSWORD).status_code == 429
    assert User.objects.get(pk=coordinator.pk).password == coordinator.password
    assert actions()[-2:] == ["locked_out", "sign_in_refused"]


@pytest.mark.parametrize(
    "weak", ["short", "123456789012345", "coordinator", "password12345", "x" * 10_000, "nul\0" * 5]
)
def test_a_weak_or_strange_password_is_refused(coordinator: User, sign_in: SignIn, weak: str) -> None:
    response = change_own(sign_in(coordinator), PASSWORD, weak)
    assert response.status_code == 200
    assert "invalid-feedback" in text_of(response)
    assert not may_sign_in("coordinator", weak)


# --- Lists -----------------------------------------------------------------------------------------------------------


def names_on(response: Any) -> set[str]:
    return set(re.findall(r'<a href="/users/[0-9a-f-]{36}/">([^<]+)</a>', response.content.decode()))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("text=DATA", {"data_manager"}),
        ("role=monitor", {"monitor"}),
        ("role=admin&state=active", {"admin"}),
        ("state=deactivated", {"operator"}),
        ("state=invited", {"assessor"}),
        ("text=%25", set()),
    ],
)
def test_the_list_is_searched_and_filtered(desk: Client, cast: dict[Role, User], query: str, names: set[str]) -> None:
    User.objects.filter(username="operator").update(is_active=False)
    User.objects.filter(username="assessor").update(password="!")
    assert names_on(desk.get(f"/users/?{query}")) == names


@pytest.mark.parametrize(
    "query", ["text=%00", "role=king", "state=x", "page=x", "page=-1", "page=9999999999", "text=" + "x" * 9_000]
)
def test_a_strange_search_is_answered(desk: Client, query: str) -> None:
    assert desk.get(f"/users/?{query}").status_code == 200
    assert desk.get(f"/users/sign-ins/?{query}&from_on=2026-02-30&action=x").status_code == 200


def test_long_lists_have_pages(desk: Client) -> None:
    for n in range(30):
        make_user(f"person{n:02d}", Role.MONITOR)
    first, second = desk.get("/users/?role=monitor"), desk.get("/users/?role=monitor&page=2")
    assert (len(names_on(first)), len(names_on(second))) == (25, 5)
    assert "?role=monitor&amp;page=2" in first.content.decode()


@pytest.mark.conformance(6)
def test_who_signed_in_when(desk: Client, coordinator: User) -> None:
    may_sign_in("coordinator", PASSWORD)
    may_sign_in("stranger", "wrong")
    page = text_of(desk.get("/users/sign-ins/"))
    assert "2 events" in page
    assert "nobody has this name" in page
    only = text_of(desk.get("/users/sign-ins/?action=sign_in&text=coord&from_on=2011-01-01"))
    assert "1 event," in only
    assert "stranger" not in only
    assert "0 events" in text_of(desk.get("/users/sign-ins/?from_on=2999-01-01"))


def test_the_list_costs_the_same_for_many_as_for_few(desk: Client, django_assert_max_num_queries: Any) -> None:
    for n in range(24):
        make_user(f"person{n:02d}", Role.MONITOR)
    desk.get("/users/")
    with django_assert_max_num_queries(7):
        desk.get("/users/")
