"""Two processes for one trial: each knows its own people, and for everybody else no page of it exists."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client
from pytest_django import Settings

from tests.cast import PASSWORD, SignIn, open_browser
from trialsite.accounts.actions import COMES_OVER
from trialsite.accounts.forms import ChangeForm
from trialsite.accounts.models import RecoveryCode, SecondFactor, User
from trialsite.accounts.roles import UNBLINDED, Role
from trialsite.accounts.serves import is_served
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock

VARIES = re.compile(rb'(X-CSRFToken": "|csrfmiddlewaretoken" value=")[^"]+|(?<=nav-link) active| aria-current="page"')
NEW_PASSWORD = "another long enough phrase"
PAGES = ("/", "/patients/", "/worklist/", "/reports/", "/allocation/", "/list-commitment/", "/accounts/roles/")


def test_every_role_is_served_in_one_of_two_processes_and_in_one_alone() -> None:
    for role in Role:
        assert is_served("everyone", {role})
        assert is_served("unblinded", {role}) == (role in {*UNBLINDED, Role.ADMIN}) != is_served("blinded", {role})


# Whoever may do one thing at the other address starts there with it.
STARTS = {Role.INVESTIGATOR: "/code-break/", Role.DATA_MANAGER: "/release/"}


@pytest.mark.django_db
@pytest.mark.parametrize("serves", ["blinded", "unblinded"])
def test_pages_of_the_other_process_answer_as_unknown(
    serves: str, cast: dict[Role, User], sign_in: SignIn, settings: Settings
) -> None:
    settings.SERVES = serves
    for role, user in cast.items():
        browser = sign_in(user)
        unknown = browser.get("/no-such-address/")
        answers = {page: browser.get(page) for page in PAGES}
        if is_served(serves, {role}):
            assert answers["/"].status_code in (200, 302), role
        else:
            if serves == "unblinded" and role in STARTS:
                start = answers.pop("/")
                assert start.headers["Location"] == STARTS[role]
                assert browser.get(STARTS[role]).status_code == 200
            assert {answer.status_code for answer in answers.values()} == {404}, role
            bodies = {VARIES.sub(b"", answer.content) for answer in [unknown, *answers.values()]}
            assert len(bodies) == 1, role
            assert browser.post("/sign-out/").status_code == 302


@pytest.mark.django_db
@pytest.mark.usefixtures("operator", "coordinator")
def test_who_signs_in_at_the_wrong_address_is_told_so_after_the_right_password_only(settings: Settings) -> None:
    for serves, wrong, right in (("blinded", "operator", "coordinator"), ("unblinded", "coordinator", "operator")):
        settings.SERVES = serves
        browser = Client()
        told = browser.post("/sign-in/", {"username": wrong, "password": PASSWORD}).content.decode()
        assert "served at the other address" in told
        assert browser.get("/").status_code == 302  # not signed in
        guessed = browser.post("/sign-in/", {"username": wrong, "password": "guessed"}).content.decode()
        assert "do not go together" in guessed
        assert "other address" not in guessed
        assert browser.post("/sign-in/", {"username": right, "password": PASSWORD}).status_code == 302
    assert AuditEvent.objects.filter(action="sign_in").count() == 2


@pytest.mark.django_db
def test_an_investigator_changes_the_password_where_codes_are_broken(
    investigator: User, coordinator: User, settings: Settings
) -> None:
    new = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    settings.SERVES, settings.UNBLINDED_ADDRESS = "blinded", "https://treatment.trial.example"
    told = open_browser(investigator).post("/password/", new).content.decode()
    assert "Break the code of one patient" in told
    assert 'href="https://treatment.trial.example/password/"' in told
    assert open_browser(coordinator).get("/password/").content.count(b'type="password"') == 3
    settings.SERVES = "unblinded"
    browser = Client()
    sent = {"username": investigator.username, "password": PASSWORD, "next": "/password/"}
    assert browser.post("/sign-in/", sent).headers["Location"] == "/password/"
    page = browser.get("/password/").content.decode()
    assert 'href="/training/"' not in page
    assert 'href="/second-factor/"' not in page
    assert browser.get("/training/").status_code == 404
    assert browser.post("/password/", new).status_code == 302
    investigator.refresh_from_db()
    assert investigator.check_password(NEW_PASSWORD)
    assert open_browser(coordinator).get("/password/").status_code == 404


@pytest.mark.django_db
def test_a_link_of_the_admin_leads_here_and_says_where_one_signs_in(
    admin: User, coordinator: User, investigator: User, operator: User, settings: Settings
) -> None:
    settings.SERVES, settings.BLINDED_ADDRESS = "unblinded", "https://trial.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    desk = open_browser(admin)
    for user, is_here in ((coordinator, False), (investigator, False), (operator, True)):
        User.objects.filter(pk=user.pk).update(email="ann@trial.example")
        shown = desk.post(f"/users/{user.pk}/reset/", {"reason": "forgotten"}).content.decode()
        text = str(mail.outbox.pop().body)
        assert ("https://trial.example" not in shown) == ("sign in at https://trial.example" not in text) == is_here
        link = re.findall(r"http://testserver(/password/\S+)", text)[0]
        assert link in shown
        settings.SERVES = "blinded"  # signed with another secret key, such a link is void there; here the keys are one
        is_void = b"does not work" in Client().get(link, follow=True).content
        assert is_void == (user != coordinator)
        settings.SERVES = "unblinded"
        browser = Client()
        page = browser.get(link, follow=True).redirect_chain[-1][0]
        done = browser.post(page, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
        assert done.status_code == (302 if is_here else 200)
        assert ('href="https://trial.example"' in done.content.decode()) != is_here
        assert ("Break the code of one patient" in done.content.decode()) == (user == investigator)
        user.refresh_from_db()
        assert user.check_password(NEW_PASSWORD)


@pytest.mark.django_db
def test_who_comes_over_brings_no_password_no_device_and_no_address(
    admin: User, coordinator: User, operator: User, settings: Settings
) -> None:
    """What the process for blinded people could write is not believed any more; whoever was here before keeps everything."""
    settings.SERVES = "unblinded"
    desk = open_browser(admin)

    def change(user: User, **new: object) -> str:
        user.refresh_from_db()
        shown = ChangeForm.initial_of(user)
        return desk.post(f"/users/{user.pk}/", {**shown, **new}, follow=True).content.decode()

    for user, roles, is_coming in (
        (operator, ["statistician"], False),
        (coordinator, ["coordinator", "investigator"], True),
        (coordinator, ["operator"], True),
    ):
        User.objects.filter(pk=user.pk).update(
            email="theirs@trial.example", password=make_password(PASSWORD), second_factor_since=clock.now()
        )
        SecondFactor.objects.update_or_create(user=user, defaults={"sealed_seed": "planted", "last_step": 1})
        RecoveryCode.objects.create(user=user, digest=f"{user.pk}{roles}"[:64])
        page = change(user, roles=roles, site_codes=[] if roles == ["statistician"] else user.site_codes)
        kept = User.objects.get(pk=user.pk)
        assert kept.roles == sorted(roles)
        assert ("comes over to this address" in page) == is_coming
        assert ("/password/" in page.replace('href="/password/"', "")) == is_coming
        assert kept.has_chosen_password != is_coming
        assert (kept.email == "") == is_coming
        assert (kept.second_factor_since is None) == is_coming
        assert (SecondFactor.objects.filter(user=user).exists(), user.recovery_codes.exists()) == (not is_coming,) * 2
    assert AuditEvent.objects.filter(action="account_changed", reason=COMES_OVER).count() == 2
