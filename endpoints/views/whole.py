"""All reports together for one person: the desks of the whole report, opened at one moment with one look at the arms."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import Http404

from endpoints.catalog import list_kinds
from endpoints.code_version import get_code_version
from endpoints.exports.manifest import list_manifest
from endpoints.layout import RecordedFacts, ReportInput
from endpoints.selectors.arms import get_arms
from endpoints.selectors.participants import get_participants
from endpoints.selectors.populations import get_sets
from endpoints.selectors.records import get_recorded_facts
from endpoints.selectors.release import get_release
from endpoints.views.desk import (
    DUMMY,
    DUMMY_SENTENCE,
    Desk,
    choose_arms,
    load_snapshot,
    may_show_real,
    treats_or_rates,
)
from endpoints.views.stamp import say_released
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.jobs.work import reading_at_once
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol

WHOLE = "whole"
POOLED = "Both arms together: nothing here was computed from an arm"
REAL_ARMS = "By arm, before the release: for the statistician alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeReport:
    """The desks in the order of reading, and what the paper says of itself. `stamp` says in a word what the arms are."""

    desks: tuple[Desk, ...]
    manifest: tuple[tuple[str, str], ...]
    standing: str
    stamp: str

    @property
    def is_frozen(self) -> bool:
        return self.desks[0].snapshot is not None


def open_whole(user: User, snapshot_id: str = "", asked: str = "") -> WholeReport:
    """Every report, of a snapshot or as the trial stands. Arms are one kind throughout: dummy as asked, and until the release.

    Raises `Http404` for a snapshot that this person may not know.
    """
    may_see_arms = user.may(Permission.VIEW_ARM_REPORTS)
    if snapshot_id and not may_see_arms:
        raise Http404
    is_dummy = may_see_arms and (asked == DUMMY or not may_show_real(WHOLE))
    opened = _open_snapshot if snapshot_id else _open_trial
    desks, manifest = opened(user, snapshot_id, is_dummy)
    standing, stamp = _say_arms(may_see_arms, is_dummy)
    return WholeReport(desks=desks, manifest=(*manifest, ("Arms", standing)), standing=standing, stamp=stamp)


Opened = tuple[tuple[Desk, ...], list[tuple[str, str]]]


def _open_snapshot(user: User, snapshot_id: str, is_dummy: bool) -> Opened:
    snapshot = load_snapshot(user, snapshot_id, f"Whole report{_tell(is_dummy)}")
    desks = (
        Desk(user, kind, choose_arms(kind, snapshot.trial.input_of(kind.key), is_dummy=is_dummy), "", snapshot)
        for kind in list_kinds(by_arm=True)
    )
    return tuple(desks), snapshot.manifest


def _open_trial(user: User, _: str, is_dummy: bool) -> Opened:
    protocol, moment = get_protocol(), clock.now()
    kinds = list_kinds(by_arm=user.may(Permission.VIEW_ARM_REPORTS))
    with reading_at_once():
        participants = get_participants(protocol)
        given = {
            kind.key: ReportInput(
                protocol=protocol,
                participants=participants,
                recorded=get_recorded_facts(participants, kind.forms, protocol) if kind.forms else RecordedFacts(),
                hides_late_vhiss=treats_or_rates(user),
            )
            for kind in kinds
        }
    if user.may(Permission.VIEW_ARM_REPORTS):
        known = {one.patient_id for one in participants}
        drawn = get_arms(user, protocol, participants, f"Whole report{_tell(is_dummy)}")
        arms = {patient: arm for patient, arm in drawn.items() if patient in known}
        sets = get_sets(user, protocol, participants)
        given = {
            kind.key: choose_arms(kind, replace(given[kind.key], arms=arms, sets=sets), is_dummy=is_dummy)
            for kind in kinds
        }
    return tuple(Desk(user, kind, given[kind.key]) for kind in kinds), list(_list_manifest(user, moment))


def _list_manifest(user: User, moment: datetime) -> Iterator[tuple[str, str]]:
    yield from list_manifest(get_protocol(), user, moment)
    yield "Code that computed this", get_code_version()


def _tell(is_dummy: bool) -> str:
    return ", shown with dummy arms" if is_dummy else ""


def _say_arms(may_see_arms: bool, is_dummy: bool) -> tuple[str, str]:
    if not may_see_arms:
        return POOLED, "both arms together"
    if is_dummy:
        return DUMMY_SENTENCE, "dummy arms"
    release = get_release()
    return (say_released(release), "released") if release else (REAL_ARMS, "not released")
