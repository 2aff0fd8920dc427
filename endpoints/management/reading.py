"""Where a command of the endpoints takes its facts from: files, or the stored trial."""

import getpass
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.http import HttpRequest

from endpoints.assembly import AssembledFacts
from endpoints.plan import make_plan
from endpoints.readers import CsvError, ReadFacts, list_sets, read_set
from endpoints.selectors.whole_trial import get_facts_by_arm
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission, Role
from trialsite.protocol.current import get_protocol

SHOWN = 50
"""So many problems are told at once; a file with a million wrong lines needs no million sentences."""


def read_files(folder: Path, name: str | None) -> ReadFacts:
    """The data set of this name; without a name, the only one in the folder."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder. Name the folder that holds the CSV files.")
    try:
        return read_set(folder, name or _find_name(folder), make_plan(get_protocol()))
    except CsvError as error:
        raise CommandError(_list_problems(error)) from None


def _find_name(folder: Path) -> str:
    names = list_sets(folder)
    if len(names) == 1:
        return names[0]
    if names:
        raise CommandError(f"{folder} holds several data sets: {', '.join(names)}. Choose one with --name.")
    raise CommandError(f"{folder} holds no CSV file. A data set is SET.csv, SET_ae.csv and SET_relapses.csv.")


def _list_problems(error: CsvError) -> str:
    told = [str(problem) for problem in error.problems[:SHOWN]]
    more = len(error.problems) - len(told)
    if more:
        told.append(f"And {more} more.")
    told.append("Nothing was computed and no file written. Correct these places and start again.")
    return "\n".join(told)


def read_database(username: str | None, purpose: str) -> AssembledFacts:
    """The stored trial by arm, for a statistician who proves it with the password."""
    return get_facts_by_arm(_find_statistician(username), get_protocol(), purpose)


_REFUSED = "No statistician of that name has this password. Arms are read for the statistician only."


def _find_statistician(username: str | None) -> User:
    if username is None and settings.IS_DEMO:
        return _find_demo_statistician()
    if username is None:
        raise CommandError("Results by arm are for the statistician: say who you are with --as USERNAME.")
    password = getpass.getpass(f"Password of {username}: ", stream=sys.stderr)
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None or not confirm_password(_make_request(), user, password) or not _is_statistician(user):
        raise CommandError(_REFUSED)
    return user


def _is_statistician(user: User) -> bool:
    return user.may(Permission.VIEW_ARM_REPORTS) and user.role_set == {Role.STATISTICIAN}


def _find_demo_statistician() -> User:
    """In the demo everybody's password is public and every patient synthetic, so none is asked for."""
    found = next(filter(_is_statistician, User.objects.filter(is_active=True).order_by("username")), None)
    if found is None:
        raise CommandError("The demo has no statistician; build it with manage.py demo.")
    return found


def _make_request() -> HttpRequest:
    """What counts a failed password needs to know where it came from: this machine."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    request.path = "/manage.py/endpoints"
    return request
