"""What a report is made of before it is drawn: sections, tables, figures, all of them plain text. Pure.

A page and a CSV file print the same `Table`, so they cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from endpoints.flow import Participant
from trialsite.protocol.model import Protocol

NOT_DEFINED = "\N{EN DASH}"
"""Printed where a number is undefined or was not computed."""

PlainRow = Mapping[str, str | float | None]


@dataclass(frozen=True, slots=True)
class Column:
    """`which` says which patients a number of this column counts; empty where it counts none.

    `at` names the parts of what stands behind a row that are others in this column, such as the visit.
    """

    heading: str
    is_number: bool = True
    which: str = ""
    at: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Behind:
    """The result that the numbers of a line belong to, as its statistic rows name it.

    `report` is another one that lists its patients, `within` the analysis set to which that one is cut.
    """

    part: str
    outcome: str
    analysis: str
    visit: str
    group: str
    report: str = ""
    within: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        """Both where two are compared."""
        return tuple(self.group.split("_vs_"))


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names its rows. Every cell is printed as it stands.

    `behind` has for each row what its numbers rest on, or is empty.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    behind: tuple[Behind | None, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureLink:
    """A figure that can be drawn: its key in the report, its title, how to read it, and its content in words where the
    description does not do for who cannot see it."""

    key: str
    title: str
    description: str
    content: str = ""

    @property
    def in_words(self) -> str:
        return self.content or self.description


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    lead: str = ""
    figures: tuple[FigureLink, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says. `is_empty` means that there is nobody to report on yet."""

    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
    is_empty: bool = False

    def table(self, key: str) -> Table | None:
        return next((table for section in self.sections for table in section.tables if table.key == key), None)

    def figure(self, key: str) -> FigureLink | None:
        return next((figure for section in self.sections for figure in section.figures if figure.key == key), None)


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One line of a listing: the patient, the group's label, and the printed values."""

    number: str
    group: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The values per patient that a report rests on."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[PatientRow, ...]


@dataclass(frozen=True, slots=True)
class AnalyzedPatient:
    """A patient of the analysis set: treated, and the data may be used. `age` in years at entry; `sex` F, M or None."""

    patient_id: UUID
    subject: str
    phase: int
    sex: str | None = None
    age: int | None = None


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """An attended visit by its key in the protocol, on a study day, with the outcomes that have a value, and the account that entered it."""

    subject: str
    key: str
    study_day: int
    outcomes: Mapping[str, float]
    entered_by: str = ""


@dataclass(frozen=True, slots=True)
class GuessMade:
    """What the patient and the rater guessed at a visit: the key of an arm, "do_not_know", or "" without an answer."""

    patient_id: UUID
    visit: str
    patient: str
    rater: str

    def of(self, who: str) -> str:
        return self.patient if who == "patient" else self.rater


@dataclass(frozen=True, slots=True)
class ProcedureDone:
    """A procedure as its open form tells it, which never says what was done; `assessed_by` is from the operator's form.

    Minutes from the insertion of the sheath to its removal and to discharge; `hour` of the day and `weekday` (0 is Monday) at the site; words
    as on the form, "" without an answer. `entered_by`: the account.
    """

    patient_id: UUID
    minutes: float | None = None
    stay_minutes: float | None = None
    hour: float | None = None
    weekday: int | None = None
    sheath_french: float | None = None
    sedation: str = ""
    access: str = ""
    closure: str = ""
    complication: str = ""
    assessed_by: str = ""
    entered_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFacts:
    """What stands in the complete forms of the analyzed patients. Arms are not in it.

    `adverse_events` and `relapses` are rows of the tables of `endpoints.facts`. `drafts` counts forms that were left
    out because they are not complete, by title. `logged_relapses` counts entries since the procedure by status.
    """

    patients: tuple[AnalyzedPatient, ...] = ()
    visits: tuple[SeenVisit, ...] = ()
    adverse_events: tuple[PlainRow, ...] = ()
    relapses: tuple[PlainRow, ...] = ()
    drafts: Mapping[str, int] = field(default_factory=dict)
    logged_relapses: Mapping[str, int] = field(default_factory=dict)
    guesses: tuple[GuessMade, ...] = ()
    procedures: tuple[ProcedureDone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSets:
    """What tells the sets of `endpoints.populations` apart, of randomized phases.

    `untreated`: drawn, and the procedure not begun. `per_protocol`: in that set by the records alone. `done`: patient -> key of the arm
    that was done, where the operator's form tells; it holds what arms hold, as `never_exposed` does.
    """

    untreated: tuple[AnalyzedPatient, ...] = ()
    per_protocol: frozenset[UUID] = frozenset()
    never_exposed: frozenset[UUID] = frozenset()
    done: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """All that a report is computed from. `arms` (patient -> key of the arm) is None for everyone who must not know one.

    `sets` is None where the sets are not known, or not to be; `population` is the one that the rest was cut to.

    With `hides_late_vhiss` nothing shows the VHISS of a single patient after the procedure. `has_dummy_arms` says that
    `arms` are not those of the list (see `endpoints.dummy_arms`).
    """

    protocol: Protocol
    participants: tuple[Participant, ...]
    recorded: RecordedFacts = field(default_factory=RecordedFacts)
    arms: Mapping[UUID, str] | None = None
    hides_late_vhiss: bool = False
    has_dummy_arms: bool = False
    sets: AnalysisSets | None = None
    population: str = "full"
