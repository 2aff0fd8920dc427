"""How the relapse check is laid out, and what stands in the log beside it."""

from trialsite.records.crf import Computed, CrfDefinition, Section
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.relapse_check.checks import check_relapse_check, count_logged
from visits.crfs.relapse_check.model import RelapseCheck


def compute_relapse_check(values: Values, context: VisitContext) -> list[Computed]:
    on, since = values.get("assessed_on"), context.previous.get("assessed_on")
    new, total = count_logged(context, on, since), count_logged(context, on)
    before = context.previous.get("total_relapses")
    return [
        Computed(
            "Relapses in the log since the last visit",
            "—" if new is None else str(new),
            f"after {since}" if since else "",
        ),
        Computed("Relapses in the log, all", "—" if total is None else str(total)),
        Computed("Reported at the last visit, all", "—" if before is None else str(before)),
    ]


RELAPSE_CHECK = CrfDefinition(
    key="relapse_check",
    title="Relapse check",
    kind="visit",
    model=RelapseCheck,
    is_outcome=True,
    sections=(
        Section("Question", (*RelapseCheck.HEAD, "has_new_relapse")),
        Section(
            "Relapses",
            ("new_relapses", "total_relapses", "remarks"),
            help="Each relapse also has its own entry in the relapse log.",
        ),
    ),
    check=check_relapse_check,
    compute=compute_relapse_check,
)
