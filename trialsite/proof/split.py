"""Proving the blind of an installation whose sides are kept apart: both its processes are started on the copy at hand, each as its side is."""

import os
from http import HTTPStatus
from random import Random

from django.db import Error, connection, transaction

from enrollment.vault.rights import RoleNames, find_missing_roles, set_rights
from trialsite.lib.clock import held_at, now
from trialsite.lib.options import BLINDED, UNBLINDED
from trialsite.proof.asking import SIGNED_OUT, Question
from trialsite.proof.originals import NoCopyError
from trialsite.proof.people import APART, ASKING, make_people
from trialsite.proof.service import Service, as_served, served
from trialsite.proof.walk import Depth
from trialsite.proof.worlds import Outcome, Progress, compare_services

Roles = RoleNames
USUAL = Roles()


def compare_split(names: Roles, depth: Depth, chance: Random, on_question: Progress) -> Outcome:
    """Ask both processes in both worlds. The database must be a copy: its rights are set, accounts are added, and it stays turned."""
    _set_rights(names)
    accounts = {name: user.pk for name, user in make_people().items()}
    database, moment = str(connection.settings_dict["NAME"]), now()
    blinded = as_served(os.environ, BLINDED, database, names.blinded)
    unblinded = as_served(os.environ, UNBLINDED, database, names.unblinded)
    with held_at(moment), served(blinded, moment, accounts) as one, served(unblinded, moment, accounts) as other:
        _check(one, other)
        return compare_services(one, other, depth, chance, on_question)


def _check(blinded: Service, unblinded: Service) -> None:
    """Each serves its people and no others, and the role of the blinded one has no right too many: it says itself whether it is well."""
    apart = set(map(str, APART))
    if blinded.at_home != set(map(str, ASKING)) - apart or unblinded.at_home != apart:
        raise NoCopyError(
            "The two processes do not open their pages to the people of their side, so nothing would be compared."
        )
    if blinded.ask(Question(SIGNED_OUT, "get", "/health")).status != HTTPStatus.OK:
        raise NoCopyError(
            "The process that serves the blinded is not well: its role has rights it must not have. Name another with --blinded."
        )


def _set_rights(names: Roles) -> None:
    if missing := find_missing_roles(names):
        raise NoCopyError(
            f"These roles of the database are not there: {', '.join(missing)}. Name them as this installation does."
        )
    try:
        with transaction.atomic():
            set_rights(names, is_copy=True)
    except Error as error:
        raise NoCopyError(
            f"The rights of both processes could not be set in the copy. Run the proof as the owner of the database. ({type(error).__name__})"
        ) from error
