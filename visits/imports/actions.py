"""Storing what a file holds: all rows or none, each through the record gate, with the file as the reason."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import IntegrityError
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.write import write_event
from trialsite.protocol.model import Protocol
from trialsite.records.actions import LockedError
from trialsite.records.crf import CrfDefinition
from trialsite.records.saving import save_crf
from visits.actions.questions import prepare_save
from visits.imports.judging import Plan, judge_row
from visits.imports.rules import Row


class ImportRefusedError(Exception):
    """Nothing was stored: a row does not fit any more, or its form is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """What is imported: the name as uploaded and every byte of it."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def packed(self) -> str:
        """The file as a page carries it back: a browser would change the ends of lines in a text."""
        return base64.b64encode(self.content).decode()

    @property
    def reason(self) -> str:
        return f"import of {self.name}, SHA-256 {self.digest}"


def store_rows(
    user: User, definition: CrfDefinition, rows: Sequence[Row], file: ImportedFile, protocol: Protocol
) -> list[Plan]:
    """Judge every row once more, in one transaction with storing it; what earlier rows stored counts for later ones."""
    try:
        with open_gate():
            plans = [_store_row(user, definition, row, file, protocol) for row in rows]
            stored = sum(plan.is_stored for plan in plans)
            if stored:
                detail = f"{definition.title}: {stored} of {len(plans)} lines stored as drafts, the rest was there. {file.reason}."
                write_event("import", actor=actor_of(user), detail=detail)
    except (IntegrityError, TransactionManagementError) as error:
        # Somebody began one of these forms between judging and storing it.
        raise ImportRefusedError(
            "One of these forms was begun by somebody else just now. Nothing was stored; look at the file again."
        ) from error
    return plans


def _store_row(user: User, definition: CrfDefinition, row: Row, file: ImportedFile, protocol: Protocol) -> Plan:
    plan = judge_row(user, definition, row, protocol)
    if plan.faults:
        raise ImportRefusedError(f"Line {row.line}: {plan.faults[0].sentence} Nothing was stored.")
    if plan.form is None or not plan.is_stored:
        return plan
    plan.form.import_reason = file.reason
    record, actor = plan.form.record, actor_of(user)
    try:
        with timezone.override(ZoneInfo(plan.context.time_zone)):
            saved = save_crf(
                plan.form, actor=actor, also=prepare_save(definition, record, plan.context, protocol, actor)
            )
    except LockedError as locked:
        raise ImportRefusedError(f"Line {row.line}: {locked} Nothing was stored.") from locked
    if saved.is_held_back:
        raise ImportRefusedError(
            f"Line {row.line}: somebody changed this form meanwhile. Nothing was stored; look at the preview again."
        )
    return plan
