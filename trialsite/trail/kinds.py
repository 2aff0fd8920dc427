"""What the records are called that the trail speaks about, and where their pages are."""

from dataclasses import dataclass
from functools import cache

from django.apps import apps

from trialsite.accounts.models import User
from trialsite.accounts.selectors import ACCOUNT
from trialsite.queries.models import DataQuery
from trialsite.records.crf import CrfDefinition
from trialsite.records.models import ClinicalRecord
from trialsite.records.wording import Plainly, Worded
from visits.crfs.registry import CRFS


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record. `definition` is the form it is, or whose row it is (`is_row`)."""

    name: str
    title: str
    words: Worded | None
    definition: CrfDefinition | None = None
    is_row: bool = False


@cache
def get_kinds() -> dict[str, Kind]:
    """Every kind by the name the trail keeps of it."""
    kinds = {ACCOUNT: Kind(ACCOUNT, "Account", None)}
    for model in apps.get_models():
        if issubclass(model, ClinicalRecord):
            name = model._meta.label_lower
            title = str(model._meta.verbose_name)
            kinds[name] = Kind(name, title[:1].upper() + title[1:], Plainly(model))
    for definition in CRFS.values():
        name = definition.model._meta.label_lower
        kinds[name] = Kind(name, definition.title, definition, definition)
        if definition.grid:
            row = definition.grid.model._meta.label_lower
            kinds[row] = Kind(row, definition.title, Plainly(definition.grid.model), definition, is_row=True)
    return kinds


def names_of_form(definition: CrfDefinition) -> list[str]:
    """The kinds that make up a form: itself, and its rows."""
    return [kind.name for kind in get_kinds().values() if kind.definition and kind.definition.key == definition.key]


def hidden_from(user: User) -> list[str]:
    """The kinds that belong to forms this person may not read; data queries too, which may be about any of those that are not restricted."""
    unread = [kind.name for kind in get_kinds().values() if kind.definition and not kind.definition.may_view(user)]
    reads_all = all(definition.may_view(user) for definition in CRFS.values() if not definition.is_restricted)
    return unread if reads_all else [*unread, DataQuery._meta.label_lower]
