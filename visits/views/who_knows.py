"""Who knows whose arm, or could work it out: the statistician's page. No arm stands on it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from enrollment.exposure import Knowledge, Way, derive_never_exposed, find_exposed
from enrollment.models import Patient
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission, Role
from trialsite.protocol.current import get_protocol
from visits.who_knows import get_who_knows

SHOWN = 300


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person: how many arms by which way, and since when."""

    name: str
    roles: str
    told: int
    deduced: int
    ways: str
    first: Knowledge
    last: Knowledge


@dataclass(frozen=True, slots=True)
class PatientLine:
    """One patient, with whoever knows by other means than a report of all."""

    patient: Patient
    is_exposed: bool
    people: list[tuple[str, list[Knowledge]]]


@requires(Permission.MANAGE_ALLOCATION_LIST)
def who_knows(request: SignedInRequest) -> HttpResponse:
    protocol = get_protocol()
    known = get_who_knows(request.user, protocol)
    randomized = [phase.number for phase in protocol.phases if phase.is_randomized]
    patients = {one.pk: one for one in Patient.objects.filter(phase_number__in=randomized, entered_on__isnull=False)}
    closed = [one for one in known if one.patient_id in patients]
    exposed = find_exposed(closed)
    wanted = request.GET.get("patient", "").strip()
    lines = [line for line in _by_patient(closed, patients, exposed) if wanted in line.patient.number]
    page = {
        "people": _by_person(closed),
        "patients": lines[:SHOWN],
        "more": max(0, len(lines) - SHOWN),
        "wanted": wanted,
        "drawn": len(patients),
        "never": len(derive_never_exposed(patients, exposed)),
        "open": len({one.patient_id for one in known if one.way is Way.OPEN}),
    }
    return render(request, "visits/who_knows.html", page)


def _by_person(known: Iterable[Knowledge]) -> list[PersonLine]:
    people: dict[tuple[str, str], list[Knowledge]] = defaultdict(list)
    for one in known:
        people[one.username, one.name].append(one)
    return [_describe(name, lines) for (_, name), lines in sorted(people.items())]


def _describe(name: str, lines: list[Knowledge]) -> PersonLine:
    told = {one.patient_id for one in lines if one.way is not Way.DEDUCED}
    deduced = {one.patient_id for one in lines if one.way is Way.DEDUCED} - told
    roles = ", ".join(Role(key).label for key in lines[-1].roles.split(",") if key)
    ways = ", ".join(dict.fromkeys(one.way.value for one in lines))
    return PersonLine(name, roles, len(told), len(deduced), ways, lines[0], lines[-1])


def _by_patient(
    known: Iterable[Knowledge], patients: Mapping[UUID, Patient], exposed: Mapping[UUID, object]
) -> list[PatientLine]:
    told: dict[UUID, dict[str, list[Knowledge]]] = defaultdict(lambda: defaultdict(list))
    for one in known:
        if one.way is not Way.REPORTS:
            told[one.patient_id][one.name].append(one)
    in_order = sorted(patients.values(), key=lambda patient: patient.number)
    return [PatientLine(one, one.pk in exposed, list(told[one.pk].items())) for one in in_order]
