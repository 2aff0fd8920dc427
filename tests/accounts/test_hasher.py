"""A hash of a password is of no use without a key that is not in the database."""

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from pytest_django import Settings

from tests.cast import PASSWORD, open_browser
from trialsite import settings as product
from trialsite.accounts.models import User


@pytest.mark.django_db
def test_a_hash_asks_for_its_key_and_follows_a_change_of_it(coordinator: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    old, new = settings.SECOND_FACTOR_KEYS[0], Fernet.generate_key().decode()
    before = Argon2PasswordHasher()
    coordinator.password = before.encode(PASSWORD, before.salt())  # as it was stored before there was a key
    assert coordinator.check_password(PASSWORD)
    kept = User.objects.get(pk=coordinator.pk).password  # renewed
    assert kept.startswith("keyed$")
    assert len(kept) <= 128  # characters of the column
    assert check_password(PASSWORD, kept)
    assert not check_password("guessed", kept)
    # Nor does plain Argon2 of the password give what is stored.
    algorithm, _, rest = kept.split("$", 2)
    assert not before.verify(PASSWORD, f"argon2${rest}")
    assert make_password(PASSWORD) != kept

    coordinator.refresh_from_db()
    browser = open_browser(coordinator)
    settings.SECOND_FACTOR_KEYS = (new, old)
    browser.post("/second-factor/", {"act": "codes", "password": PASSWORD})  # asked again in a session, which goes on
    assert browser.get("/roles/").status_code == 200
    renewed = User.objects.get(pk=coordinator.pk).password
    assert renewed.split("$")[1] != kept.split("$")[1]
    settings.SECOND_FACTOR_KEYS = (new,)
    assert check_password(PASSWORD, renewed)
    assert not check_password(PASSWORD, kept)  # its key is gone
    assert (algorithm, coordinator.has_chosen_password) == ("keyed", True)
