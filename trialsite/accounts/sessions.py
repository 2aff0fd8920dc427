"""Sessions in the database: those of the process for unblinded people in a table of their own.

Whoever reads a session's key has its cookie, and with the cookie is that person. Blinded people's role of the database does not read that table
(`enrollment.vault.row_rights`). One process that serves everybody keeps all in Django's table.
"""

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session

from trialsite.accounts.models import UnblindedSession
from trialsite.lib.options import UNBLINDED


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        return UnblindedSession if settings.SERVES == UNBLINDED else Session
