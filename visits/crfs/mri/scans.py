"""What an MRI form knows of the patient's other scans. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from trialsite.records.values import Values
from visits.crfs.context import VisitContext


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierScan:
    """Another scan of the same patient that was done; `visit_key` is its planned visit."""

    id: UUID
    scanned_on: date
    visit_key: str
    visit_label: str

    @property
    def label(self) -> str:
        return f"{self.scanned_on} ({self.visit_label})"


def scan_day(values: Values, context: VisitContext) -> date | None:
    """The day of the scan by the site's clock."""
    moment: datetime | None = values.get("scanned_at")
    return moment.astimezone(ZoneInfo(context.time_zone)).date() if moment else None


def get_scans(context: VisitContext) -> tuple[EarlierScan, ...]:
    """The patient's other scans, oldest first."""
    scans: Sequence[EarlierScan] = context.related.get("scans", ())
    return tuple(sorted(scans, key=lambda scan: scan.scanned_on))


def get_earlier_scans(context: VisitContext, before: date | None = None) -> tuple[EarlierScan, ...]:
    """The scans before a day; without one, before the visit, or all of them when the visit has no date yet."""
    limit = before or context.visited_on
    return tuple(scan for scan in get_scans(context) if limit is None or scan.scanned_on < limit)


def list_reference_scans(context: VisitContext) -> list[tuple[str, str]]:
    """The scans this one may be compared with, newest first, as (id, label)."""
    return [(str(scan.id), scan.label) for scan in reversed(get_earlier_scans(context))]


def find_scan(context: VisitContext, scan_id: UUID | None) -> EarlierScan | None:
    return next((scan for scan in get_scans(context) if scan.id == scan_id), None)


def is_follow_up(context: VisitContext) -> bool:
    """Whether the form belongs to a time after baseline: a follow-up visit, or any other after a scan outside the preparation."""
    if context.visit is None:
        return bool(get_earlier_scans(context))
    if context.visit.kind in ("procedure", "unscheduled"):
        return bool(get_earlier_scans(context))
    return context.visit.kind == "follow_up"


def find_skipped_visits(context: VisitContext, reference: EarlierScan) -> tuple[str, ...]:
    """Labels of planned scans between the reference scan and this visit that were not done."""
    planned = [
        visit
        for visit in context.protocol.visits_of_phase(context.phase_number)
        if any(due.form == "mri" for due in visit.forms)
    ]
    keys = [visit.key for visit in planned if visit.kind != "unscheduled"]
    if context.visit is None or context.visit.key not in keys or reference.visit_key not in keys:
        return ()
    between = planned[keys.index(reference.visit_key) + 1 : keys.index(context.visit.key)]
    return tuple(visit.label for visit in between)
