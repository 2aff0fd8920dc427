"""Which blank forms were asked for, and the page they stand on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialsite.accounts.models import User
from trialsite.printing.blank import BlankForm, forms_of_visit, make_blank, readable_forms
from trialsite.protocol.model import Protocol
from trialsite.records.models import AbsenceCode

EVERYTHING = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankSet:
    """`title` names the set; `visit` stands on its forms, "" where they belong to no visit."""

    title: str
    visit: str
    forms: list[BlankForm]


def make_set(user: User, protocol: Protocol, asked: Mapping[str, Any]) -> BlankSet | None:
    """The forms of a visit ("visit:key"), one form ("form:key") or all; None where this person reads none of them."""
    kind, _, key = str(asked["what"]).partition(":")
    readable = readable_forms(user)
    title, visit = "All forms", ""
    if kind == "visit":
        visit = title = protocol.visit(key).label
        readable = forms_of_visit(user, protocol, key)
    elif kind == "form":
        readable = [definition for definition in readable if definition.key == key]
        title = readable[0].title if readable else ""
    forms = [make_blank(definition, protocol, int(asked["phase"])) for definition in readable]
    return BlankSet(title=f"Blank forms: {title}", visit=visit, forms=forms) if forms else None


def page_of(found: BlankSet, protocol: Protocol, *, is_annotated: bool) -> dict[str, Any]:
    """What the template needs."""
    return {
        "title": found.title,
        "visit": found.visit,
        "forms": found.forms,
        "is_annotated": is_annotated,
        "absences": AbsenceCode.choices,
        "trial": {"acronym": protocol.acronym, "registry": protocol.registry, "version": protocol.version},
    }
