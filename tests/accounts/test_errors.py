"""The pages for requests that cannot be answered."""

import pytest
from django.test import Client

from tests.cast import SignIn
from trialsite.accounts.models import User

OWN = {"origin": "http://testserver"}


@pytest.fixture
def strict(coordinator: User) -> Client:
    """A signed-in browser whose page was opened before the sign-in: its token is of no use."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(coordinator)
    return client


def send(client: Client, path: str = "/password/", headers: dict[str, str] | None = None) -> str:
    typed = {"note": 'first line\nsecond "line" <b>', "old_password": "a secret", "csrfmiddlewaretoken": "stale"}
    response = client.post(path, typed, headers=headers or {})
    assert response.status_code == 403
    return response.content.decode()


def test_entries_of_an_old_page_are_offered_to_be_sent_again(strict: Client) -> None:
    page = send(strict, headers=OWN)
    assert "Send my entries again" in page
    assert "first line\nsecond &quot;line&quot; &lt;b&gt;" in page
    assert "The coordinator" in page


def test_passwords_are_never_repeated(strict: Client) -> None:
    assert "a secret" not in send(strict, headers=OWN)


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", ""])
def test_what_another_site_sent_is_not_offered(strict: Client, origin: str) -> None:
    page = send(strict, headers={"origin": origin} if origin else {})
    assert "Send my entries again" not in page
    assert "first line" not in page


def test_what_a_stranger_sent_is_not_offered(db: None) -> None:
    assert "Send my entries again" not in send(Client(enforce_csrf_checks=True), "/sign-in/", headers=OWN)


def test_the_refusal_does_not_tell_that_an_address_exists(strict: Client) -> None:
    assert strict.post("/users/", headers=OWN).status_code == 404


def test_pages_for_what_is_not_there_and_what_is_not_understood(coordinator: User, sign_in: SignIn) -> None:
    browser = sign_in(coordinator)
    missing = browser.get("/no-such-address/")
    assert missing.status_code == 404
    assert "There is nothing here for you" in missing.content.decode()
    assert "no-such-address" not in missing.content.decode().split("<main")[1]
    too_much = browser.post("/password/", {f"f{n}": "x" for n in range(2_100)})
    assert too_much.status_code == 400
    assert "could not read this request" in too_much.content.decode()
