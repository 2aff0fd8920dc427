"""What the checks of a form see around it, made for tests: a patient of phase 2 at a visit of the real protocol."""

from datetime import date
from pathlib import Path
from typing import Any

from trialsite.lib.findings import Finding, Severity
from trialsite.protocol import model
from trialsite.protocol.load import load_protocol
from visits.crfs.context import VisitContext

PROTOCOL = load_protocol(Path(model.__file__).parent / "premise.toml")
CONSENTED_ON = date(2011, 1, 3)
TODAY = date(2011, 12, 1)
DAYS = {
    "screening": date(2011, 1, 3),
    "baseline": date(2011, 1, 20),
    "procedure": date(2011, 2, 1),
    "month_1": date(2011, 3, 3),
    "month_3": date(2011, 5, 2),
    "month_6": date(2011, 7, 31),
    "unscheduled": date(2011, 6, 1),
}


def make_context(visit: str = "baseline", **changes: Any) -> VisitContext:
    """The context of a form at a visit; `changes` replace what stands in it."""
    return VisitContext(
        **{
            "protocol": PROTOCOL,
            "today": TODAY,
            "phase_number": 2,
            "sex": "F",
            "born_on": date(1970, 5, 5),
            "consented_on": CONSENTED_ON,
            "visit": PROTOCOL.visit(visit),
            "visited_on": DAYS[visit],
            **changes,
        }
    )


def keys(findings: list[Finding], severity: Severity | None = None) -> set[str]:
    """The keys of the findings, of one severity or of all."""
    return {finding.key for finding in findings if severity in (None, finding.severity)}


def find(findings: list[Finding], key: str) -> Finding:
    """The one finding of this key."""
    (found,) = [finding for finding in findings if finding.key == key]
    return found
