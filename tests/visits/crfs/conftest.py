"""The protocol, and the surroundings of a form as plain values."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from trialsite.lib.findings import Finding
from trialsite.protocol.current import get_protocol
from visits.crfs.context import VisitContext

MakeContext = Callable[..., VisitContext]


def make_context(**given: Any) -> VisitContext:
    """A patient of phase 2: consent on 3 January 2011, procedure on 8 February; it is 1 August."""
    usual = {
        "protocol": get_protocol(),
        "today": date(2011, 8, 1),
        "now": datetime(2011, 8, 1, 16, tzinfo=UTC),
        "time_zone": "America/New_York",
        "phase_number": 2,
        "sex": "F",
        "born_on": date(1971, 5, 20),
        "consented_on": date(2011, 1, 3),
        "procedure_on": date(2011, 2, 8),
    }
    return VisitContext(**{**usual, **given})


@pytest.fixture
def around() -> VisitContext:
    return make_context()


def keys_of(findings: list[Finding]) -> set[str]:
    return {finding.key for finding in findings}
