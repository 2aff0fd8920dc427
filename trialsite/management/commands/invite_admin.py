from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from trialsite.accounts.actions import NewAccount, RefusedError, invite_user
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.links import make_link_path
from trialsite.accounts.models import User, tidy_username
from trialsite.accounts.roles import Role
from trialsite.accounts.rules import Access
from trialsite.accounts.selectors import list_working_admins
from trialsite.lib.options import BLINDED


class Command(BaseCommand):
    help = (
        "Make the first account, of an admin, and show the link with which the person chooses a password. It serves while no admin can sign in;"
        " from then on admins invite everybody on the page Users. Once more with the same name shows a new link; --rescue asks nothing, for when"
        " every admin lost password, device and codes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="in small letters; it is never changed and never given to anybody else")
        parser.add_argument("full_name")
        parser.add_argument(
            "--rescue", action="store_true", help="although the database knows an admin who has a password"
        )

    def handle(self, *args: Any, username: str, full_name: str, rescue: bool, **options: Any) -> None:
        if settings.SERVES == BLINDED:
            raise CommandError("Admins are served by the process for the unblinded: run this there.")
        with transaction.atomic():
            if (working := list_working_admins().first()) and not rescue:
                raise CommandError(
                    f"{working} can sign in and invites others on the page Users. If nobody can: --rescue."
                )
            admin = _find_invited(username) or _invite(username, full_name)
        beginning = f"{'https' if settings.HAS_TLS else 'http'}://{settings.ALLOWED_HOSTS[0]}"
        self.stdout.write(f"{admin} chooses a password here, within three days; the link works once:")
        self.stdout.write(f"{beginning}{make_link_path(admin)}")


def _find_invited(username: str) -> User | None:
    """An admin who was invited so, and has chosen no password yet."""
    found = User.objects.filter(username=tidy_username(username), is_active=True).first()
    return found if found and found.role_set == {Role.ADMIN} else None


def _invite(username: str, full_name: str) -> User:
    new = NewAccount(username=tidy_username(username), full_name=full_name, access=Access(roles=(Role.ADMIN,)))
    try:
        given = User(username=new.username, full_name=full_name)
        given.clean_fields(exclude={field.name for field in User._meta.fields} - {"username", "full_name"})
        return invite_user(new, actor=SYSTEM)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    except RefusedError as error:
        raise CommandError(str(error)) from error
