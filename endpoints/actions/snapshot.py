"""Freezing everything that the reports rest on, at one moment."""

import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError

from endpoints.catalog import REPORTS
from endpoints.code_version import get_code_version
from endpoints.exports.manifest import list_manifest
from endpoints.flow import Participant
from endpoints.frozen import WHOLE_TRIAL, FrozenTrial, digest, freeze
from endpoints.layout import RecordedFacts
from endpoints.selectors.arms import get_arms
from endpoints.selectors.participants import get_participants
from endpoints.selectors.populations import get_sets
from endpoints.selectors.records import get_recorded_facts
from enrollment.vault.models import DataSnapshot
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.snapshots import Content, store_snapshot
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.jobs.work import reading_at_once
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Protocol

SALT_BYTES = 32


def make_snapshot(user: User, note: str) -> DataSnapshot:
    """Freeze the trial as it stands now. Raises `VaultRefusedError` with the reason where that cannot be done."""
    protocol = get_protocol()
    file = _read_protocol_file(protocol)
    with reading_at_once():
        participants = get_participants(protocol)
        recorded = _read_all(participants, protocol)
        manifest = tuple(_list_manifest(protocol, user))
    # A patient drawn since then is not among the participants, and who was drawn before keeps the arm for ever.
    known = {one.patient_id for one in participants}
    drawn = get_arms(user, protocol, participants, purpose="Snapshot")
    trial = FrozenTrial(
        protocol_file=file,
        participants=participants,
        recorded=recorded,
        arms={patient: arm for patient, arm in drawn.items() if patient in known},
        manifest=manifest,
        salt=secrets.token_hex(SALT_BYTES),
        sets=get_sets(user, protocol, participants),
    )
    return _store(trial, user, note)


def _store(trial: FrozenTrial, user: User, note: str) -> DataSnapshot:
    text, arms = freeze(trial)
    content = Content(text=text, arms=arms, sha256=digest(text, arms))
    try:
        return store_snapshot(
            content, note=note, protocol_digest=trial.protocol.digest, code_version=get_code_version(), user=user
        )
    except IntegrityError:
        raise VaultRefusedError(
            "A colleague made a snapshot at the same moment. Look at that one, or try again."
        ) from None


def _read_protocol_file(protocol: Protocol) -> bytes:
    file = Path(settings.PROTOCOL_FILE).read_bytes()
    if hashlib.sha256(file).hexdigest() != protocol.digest:
        raise VaultRefusedError(
            "The protocol file changed since the server started. Have it started again, then freeze."
        )
    return file


def _read_all(participants: tuple[Participant, ...], protocol: Protocol) -> dict[str, RecordedFacts]:
    read = {kind.key: get_recorded_facts(participants, kind.forms, protocol) for kind in REPORTS.values() if kind.forms}
    every = frozenset(form for kind in REPORTS.values() for form in kind.forms)
    return read | {WHOLE_TRIAL: get_recorded_facts(participants, every, protocol)}


def _list_manifest(protocol: Protocol, user: User) -> Iterator[tuple[str, str]]:
    for name, value in list_manifest(protocol, user, clock.now(), words="Frozen at"):
        yield ("Frozen by" if name == "Made for" else name), value
    last = AuditEvent.objects.order_by("-id").first()
    if last is not None:
        yield "Last audit event", f"{last.at:%Y-%m-%d %H:%M:%S} UTC, {last.public_id}"
