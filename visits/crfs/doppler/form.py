"""How a Doppler examination is laid out, and what is computed from it."""

from collections.abc import Iterator
from decimal import Decimal

from trialsite.accounts.roles import Permission
from trialsite.protocol.model import Protocol
from trialsite.records.crf import Computed, CrfDefinition, Grid, Section
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.doppler.checks import COLUMNS, GRID, check_doppler, has_cell, rows_of
from visits.crfs.doppler.model import Doppler, DopplerFinding
from visits.crfs.doppler.segments import JUGULAR, SEGMENTS, vein_label
from visits.crfs.doppler.vhiss import (
    CRITERION_LABELS,
    Criterion,
    SubScore,
    VhissResult,
    csa_change_mm2,
    read_rows,
    score_rows,
)


def compute_doppler(values: Values, context: VisitContext) -> list[Computed]:
    rows = rows_of(values)
    result = score_rows(rows, context.protocol)
    changes = [_show_change(vein, csa_change_mm2(read_rows(rows), vein)) for vein in JUGULAR]
    criteria = [_show_criterion(criterion) for criterion in result.criteria]
    return [*changes, *criteria, _show_count(result), *map(_show_part, result.sub_scores), _show_total(result)]


def _show_change(vein: str, change: Decimal | None) -> Computed:
    label = f"Area change, {vein_label(vein)} J2"
    if change is None:
        return Computed(label, "—", "area lying minus area sitting; one of them is missing")
    is_reverted = change < 0
    return Computed(label, f"{change:+} mm²", "wider sitting than lying" if is_reverted else "", is_alert=is_reverted)


def _show_criterion(criterion: Criterion) -> Computed:
    label = f"VH{criterion.number} {CRITERION_LABELS[criterion.number]}"
    if criterion.is_positive is None:
        return Computed(label, "cannot be told", _unread_note(len(criterion.unread)))
    return Computed(label, "positive" if criterion.is_positive else "negative", "; ".join(criterion.places))


def _unread_note(count: int) -> str:
    return "1 segment unread" if count == 1 else f"{count} segments unread"


def _show_count(result: VhissResult) -> Computed:
    known = len(result.positive)
    return Computed(
        "Positive criteria", f"{known} of 5" if result.criteria_count is not None else f"at least {known} of 5"
    )


def _show_part(part: SubScore) -> Computed:
    label = f"VHISS {part.criterion}"
    if part.points is None:
        return Computed(label, "missing", _unread_note(len(part.unread)))
    return Computed(label, f"{part.points} of {part.maximum}")


def _show_total(result: VhissResult) -> Computed:
    scheme = f"scheme {result.scheme.key} {result.scheme.version}"
    if result.total is None:
        named = "; ".join(segment.label for segment in result.blocking)
        return Computed("VHISS total", "missing", f"{scheme}; blocked by {named}", is_alert=True)
    return Computed("VHISS total", f"{result.total} of {result.scheme.maximum}", scheme)


def doppler_result(record: Doppler, protocol: Protocol) -> VhissResult:
    """Criteria and scores of a stored examination; `.positive` is the set of criteria that decides eligibility."""
    found: Iterator[DopplerFinding] = DopplerFinding._base_manager.filter(parent=record).iterator()
    return score_rows({row.key: {column: row.get_value(column) for column in COLUMNS} for row in found}, protocol)


DOPPLER = CrfDefinition(
    key="doppler",
    title="Doppler examination",
    kind="visit",
    model=Doppler,
    is_outcome=True,
    sections=(
        Section("Examination", (*Doppler.HEAD, "device", "operator_name")),
        Section("Reading", ("reader_name", "is_blinded_read", "reader_total", "remarks")),
    ),
    check=check_doppler,
    compute=compute_doppler,
    grid=Grid(
        GRID,
        "Segments",
        DopplerFinding,
        tuple((segment.key, segment.label[0].upper() + segment.label[1:]) for segment in SEGMENTS),
        COLUMNS,
        help="The first letter chooses from a list. Areas are in mm². Mark a segment as not assessable only where nothing could be seen.",
        has_cell=has_cell,
    ),
    enter=frozenset({Permission.ENTER_DATA, Permission.ENTER_ASSESSMENTS}),
    instrument="doppler",
)
