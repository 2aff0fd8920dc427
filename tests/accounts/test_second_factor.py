"""The second factor: set up with a real app's arithmetic, asked at sign-in, used once, counted, reset, and never legible."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from tests.accounts.test_sign_in import is_signed_in, list_events
from tests.audit.conftest import verify
from tests.cast import PASSWORD, SignIn
from tests.events import read_events
from trialsite.accounts.models import RecoveryCode, SecondFactor, User
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib import clock

pytestmark = pytest.mark.django_db
URL = "/second-factor/"
NOW = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_to(monkeypatch, NOW)


def turn_to(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def read_seed(page: str) -> tuple[str, str]:
    """The seed in words, as a person types it into an app, and the offer the form carries."""
    words = re.search(r"Or type it into the app: <code>([A-Z2-7 ]+)</code>", page)
    offered = re.search(r'name="offered" value="([^"]+)"', page)
    assert words
    assert offered
    return words[1].replace(" ", ""), offered[1]


def begin(window: Client) -> str:
    return window.post(URL, {"act": "begin"}).content.decode()


def set_up(window: Client) -> tuple[pyotp.TOTP, list[str]]:
    assert b"factor-picture" not in window.get(URL).content
    page = window.post(URL, {"act": "begin"})
    assert b'<img src="data:image/svg+xml' in page.content  # nothing stands before it, as before the mark of the page
    assert b"factor-picture" in page.content
    assert "data:" in page.headers["Content-Security-Policy"]
    seed, offered = read_seed(page.content.decode())
    app = pyotp.TOTP(seed)
    answer = window.post(URL, {"act": "set", "offered": offered, "token": app.at(clock.now()), "password": PASSWORD})
    assert answer.status_code == 200
    codes = re.findall(r"<code>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})</code>", answer.content.decode())
    assert len(set(codes)) == 10
    return app, codes


def sign_in_with(name: str, token: str, password: str = PASSWORD) -> Client:
    window = Client()
    window.post("/sign-in/", {"username": name, "password": password, "token": token})
    return window


def test_a_code_is_asked_serves_once_and_counts_when_wrong(
    statistician: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, window = sign_in(statistician), sign_in(statistician)
    seed, offered = read_seed(begin(window))
    refused = window.post(URL, {"act": "set", "offered": offered, "token": "000000", "password": PASSWORD})
    assert refused.status_code == 422
    assert read_seed(refused.content.decode())[0] == seed  # the app that read the picture still serves
    wrong = {"act": "set", "offered": offered, "token": pyotp.TOTP(seed).at(NOW), "password": "wrong"}
    assert window.post(URL, wrong).status_code == 422
    assert not SecondFactor.objects.exists()
    app, codes = set_up(window)
    assert window.get(URL).status_code == 200
    assert elsewhere.get(URL).status_code == 302  # other sessions ended

    assert not is_signed_in(sign_in_with("statistician", app.at(NOW)))  # the code that set it up was used by that
    assert not is_signed_in(sign_in_with("statistician", ""))
    turn_to(monkeypatch, NOW + timedelta(seconds=60))
    assert is_signed_in(sign_in_with("statistician", f" {app.at(clock.now())[:3]} {app.at(clock.now())[3:]} "))
    assert not is_signed_in(sign_in_with("statistician", app.at(clock.now())))  # the same once more
    assert not is_signed_in(sign_in_with("statistician", app.at(NOW + timedelta(seconds=30))))  # an older one
    assert is_signed_in(sign_in_with("statistician", codes[0].upper()))
    assert not is_signed_in(sign_in_with("statistician", codes[0]))
    again = Client()
    text = again.post("/sign-in/", {"username": "statistician", "password": PASSWORD, "token": "1"}).content.decode()
    assert "do not go together" in text
    assert "sign_in_failed" in [action for action, _ in list_events()]
    for _ in range(configured.AXES_FAILURE_LIMIT):
        sign_in_with("statistician", "123456")
    assert ("locked_out", "statistician") in list_events()
    assert not is_signed_in(sign_in_with("statistician", codes[1]))  # closed, whatever is typed


def test_nothing_of_it_is_legible_and_its_owner_renews_or_ends_it(
    coordinator: User,
    statistician: User,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    window = sign_in(coordinator)
    app, codes = set_up(window)
    row = SecondFactor.objects.get()
    kept = [row.sealed_seed, *RecoveryCode.objects.values_list("digest", flat=True)]
    told = [str(entry.new) + str(entry.old) for entry in AuditEntry.objects.all()]
    told += [event.detail for event in read_events()]
    assert not any(secret in text for text in (*kept, *told) for secret in (app.secret, *codes))
    assert window.post(URL, {"act": "codes", "password": "wrong"}).status_code == 422
    renewed = window.post(URL, {"act": "codes", "password": PASSWORD}).content.decode()
    assert codes[0] not in renewed
    assert not is_signed_in(sign_in_with("coordinator", codes[0]))
    assert window.post(URL, {"act": "remove", "password": PASSWORD}).status_code == 302
    assert window.get(URL).status_code == 200
    assert is_signed_in(sign_in_with("coordinator", ""))
    keeper = sign_in(statistician)
    set_up(keeper)
    assert b"this demonstration does not ask for it" in keeper.get(URL).content
    assert b"Sign in without it" in keeper.get(URL).content
    settings.REQUIRES_SECOND_FACTOR = True
    assert b"Your role needs it." in keeper.get(URL).content
    assert keeper.post(URL, {"act": "remove", "password": PASSWORD}).status_code == 422
    # A seed of one account serves no other, and an old offer serves nobody.
    seed, offered = read_seed(begin(window))
    foreign = {"act": "set", "offered": offered, "token": pyotp.TOTP(seed).at(NOW), "password": PASSWORD}
    assert keeper.post(URL, foreign).status_code == 422
    turn_to(monkeypatch, NOW + timedelta(minutes=14, seconds=50))
    assert window.get(URL).status_code == 200
    late = {**foreign, "token": pyotp.TOTP(seed).at(clock.now())}
    turn_to(monkeypatch, NOW + timedelta(minutes=15, seconds=5))
    assert window.post(URL, late).status_code == 422
    assert window.post(URL, {"act": "anything"}).status_code == 422
    assert "All is as it was written" in verify()


def test_production_asks_for_it_first_and_an_admin_resets_it(
    operator: User, coordinator: User, admin: User, sign_in: SignIn, settings: Settings
) -> None:
    settings.REQUIRES_SECOND_FACTOR = True
    window = sign_in(operator)
    answer = window.get("/worklist/")
    assert (answer.status_code, answer["Location"]) == (302, URL)
    assert window.get("/worklist/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == URL
    assert b"Set it up first" in window.get(URL).content
    assert sign_in(coordinator).get("/patients/").status_code == 200
    _, codes = set_up(window)
    assert window.get("/worklist/").status_code == 200
    office = sign_in(admin)
    assert office.get("/users/")["Location"] == URL
    set_up(office)
    step = f"/users/{operator.pk}/factor/"
    assert b"Second factor" in office.get(f"/users/{operator.pk}/").content
    assert office.post(step, {"reason": ""}).status_code == 422
    assert office.post(step, {"reason": "Lost the phone"}).status_code == 302
    assert office.post(f"/users/{admin.pk}/factor/", {"reason": "Mine"}).status_code == 422
    event = AuditEvent.objects.get(action="second_factor_reset")
    assert (event.actor_username, event.reason, event.record_id) == ("admin", "Lost the phone", operator.pk)
    assert window.get("/worklist/").status_code == 302  # the session ended with the factor
    assert not is_signed_in(sign_in_with("operator", "", "wrong"))
    back = sign_in_with("operator", codes[0])
    assert is_signed_in(back)
    assert back.get("/worklist/")["Location"] == URL
