"""Links with which a person chooses a password: one use, three days (settings.PASSWORD_RESET_TIMEOUT).

Nothing is stored. The token is signed over the account as it is now, so it is void as soon as a password was chosen, another link was
issued, or the account was deactivated.
"""

from datetime import datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from trialsite.accounts.models import User
from trialsite.lib import clock


class LinkTokens(PasswordResetTokenGenerator):
    key_salt = "trialsite.accounts.links"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


tokens = LinkTokens()


def make_link_path(user: User) -> str:
    """The path of the page where this person chooses a password."""
    about = {"uidb64": urlsafe_base64_encode(force_bytes(str(user.pk))), "token": tokens.make_token(user)}
    return reverse("accounts:choose_password", kwargs=about)
