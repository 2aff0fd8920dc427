"""Any listing as it stood at an earlier moment: the register, the data queries, and every entry of one form kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from enrollment.models import Patient
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol
from trialsite.queries.models import DataQuery
from trialsite.records.crf import CrfDefinition
from trialsite.records.links import name_links
from trialsite.records.wording import Plainly, Worded, label_of, word_value
from trialsite.trail.kinds import hidden_from
from trialsite.trail.past import get_record_values
from trialsite.trail.selectors import get_page, get_patient_numbers, order, visible_events

Named = Mapping[str, Mapping[Any, str]]
PATIENTS, QUERIES = "patients", "queries"
_OF_PATIENTS = ("site_code", "phase_number", "status", "registered_on", "entered_on", "procedure_on", "withdrawn_on", "ended_on")  # fmt: skip
_OF_QUERIES = (
    "form_key",
    "field_label",
    "state",
    "opened_by_name",
    "opened_at",
    "last_message",
    "last_by",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is listed: records of one kind, by these fields. `key` is the form's key where it is one."""

    title: str
    kind: str
    words: Worded
    fields: tuple[str, ...]
    key: str = ""

    @property
    def is_of_visits(self) -> bool:
        """Whether its records may belong to visits: a patient does not."""
        return self.kind != Patient._meta.label_lower


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record at the moment. `cells` are worded, in the order of the listing's fields."""

    record_id: UUID
    patient: str
    visit: str
    cells: tuple[str, ...]


def find_listing(user: User, key: str, definitions: Sequence[CrfDefinition]) -> Listing | None:
    """The listing of this name, if the person may read all of what it lists."""
    if key == PATIENTS:
        return Listing(title="Patients", kind=Patient._meta.label_lower, words=Plainly(Patient), fields=_OF_PATIENTS)
    if key == QUERIES:
        kind = DataQuery._meta.label_lower
        made = Listing(title="Data queries", kind=kind, words=Plainly(DataQuery), fields=_OF_QUERIES)
        return made if kind not in hidden_from(user) else None
    found = next((one for one in definitions if one.key == key), None)
    if found is None:
        return None
    fields = ("status", *found.field_names)
    return Listing(title=found.title, kind=found.model._meta.label_lower, words=found, fields=fields, key=key)


def name_codes(protocol: Protocol, definitions: Sequence[CrfDefinition]) -> Named:
    """Words of the codes that are named elsewhere than with their item, by item."""
    return {
        "site_code": {site.code: site.name for site in protocol.sites},
        "phase_number": {phase.number: phase.label for phase in protocol.phases},
        "form_key": {one.key: one.title for one in definitions},
    }


def read_listing(
    user: User, listing: Listing, named: Named, moment: datetime, before: str = ""
) -> tuple[list[Line], str]:
    """One page of records that were there, the latest entered first, and the place where the next page begins. Four to six queries."""
    made = visible_events(user).filter(record_kind=listing.kind, revision=1, at__lte=moment)
    page = get_page(order(made), before)
    firsts = {event.record_id: event for event in page.events if event.record_id}
    values = get_record_values(user, list(firsts), moment)
    linked = name_links(listing.words, values.values())
    numbers = get_patient_numbers({event.patient_id for event in page.events if event.patient_id})
    lines = [
        Line(
            record_id=record_id,
            patient=numbers.get(event.patient_id, "") if event.patient_id else "",
            visit=event.visit_label,
            cells=tuple(_word(listing, name, values[record_id].get(name), linked, named) for name in listing.fields),
        )
        for record_id, event in firsts.items()
    ]
    return lines, page.older


def _word(listing: Listing, name: str, value: Any, linked: Mapping[str, str], named: Named) -> str:
    if isinstance(value, str | int) and value in named.get(name, {}):
        return named[name][value]
    return "" if value in (None, "", [], {}) else word_value(listing.words, name, value, linked)


def headings(listing: Listing) -> list[str]:
    return [label_of(listing.words, name) for name in listing.fields]
