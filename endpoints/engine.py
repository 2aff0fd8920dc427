"""The one door to the heavy libraries: pandas, SciPy, statsmodels and Matplotlib.

Importing them takes one to two seconds and some 190 MB, and most requests never need them. So the modules that use
them (`endpoints.reports` and what it imports) are not imported when a worker starts: the views ask here, and the first
report a worker makes pays for the import. Nothing else in the house imports a module by name.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from endpoints.catalog import ReportKind
from endpoints.flow import PhaseFlow
from endpoints.layout import Behind, Listing, Report, ReportInput, Table
from trialsite.protocol.model import Protocol as TrialProtocol

_REPORTS = "endpoints.reports"


class Engine(Protocol):
    """What the reporting modules can do, so that callers are checked without importing them."""

    def build_report(self, kind: ReportKind, given: ReportInput) -> Report:
        """The tables and figure links of a report."""

    def compute_flows(self, given: ReportInput) -> list[PhaseFlow]:
        """The flow of every phase, with what does not add up."""

    def draw_figure(self, kind: ReportKind, figure_key: str, given: ReportInput) -> bytes | None:
        """An SVG file, or None for a figure the report does not have."""

    def list_rows(self, kind: ReportKind, given: ReportInput) -> Table | None:
        """Every statistic row at full precision; None for a report without any."""

    def list_patients(
        self, kind: ReportKind, given: ReportInput, numbers: Sequence[str], asked: tuple[Behind, str] | None = None
    ) -> Listing | None:
        """The values per patient, of the patients with these numbers only; `asked` for the number that they are behind."""

    def write_tidy(self, given: ReportInput) -> dict[str, str]:
        """The facts as tidy CSV texts by table: visits, adverse_events, relapses."""

    def name_terms(self, protocol: TrialProtocol) -> dict[str, str]:
        """What tidy texts and statistic rows call visits, arms and outcomes, in the words of the pages."""


@cache
def start_engine() -> Engine:
    """Import the reporting modules at the first report of this process."""
    return cast(Engine, import_module(_REPORTS))
