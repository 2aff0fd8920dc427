"""Finding patients, for the person who asks: only those of their sites."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from enrollment.models import Patient
from trialsite.accounts.models import User

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSearch:
    """What the register was asked for; "" and None: everything."""

    number: str = ""
    status: str = ""
    site_code: str = ""
    phase_number: int | None = None


def get_patients(user: User) -> "QuerySet[Patient, Patient]":
    """Every patient this person may know of, by number."""
    rows: QuerySet[Patient, Patient] = Patient._base_manager.order_by("number")
    return rows if user.sees_all_sites else rows.filter(site_code__in=user.site_codes)


def search_patients(user: User, search: PatientSearch) -> "QuerySet[Patient, Patient]":
    wanted = {
        "number__icontains": search.number,
        "status": search.status,
        "site_code": search.site_code,
        "phase_number": search.phase_number,
    }
    return get_patients(user).filter(**{name: value for name, value in wanted.items() if value not in ("", None)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """One page of a search. `earlier` and `later` name the patients beyond which the neighbors lie; "" where there is none."""

    patients: list[Patient]
    earlier: str = ""
    later: str = ""


def get_patient_page(found: "QuerySet[Patient, Patient]", *, after: str = "", before: str = "") -> PatientPage:
    """The page after one number, or before another, or the first; by the index, however far down it lies. One query."""
    if before:
        rows = list(found.filter(number__lt=before).order_by("-number")[: PAGE_SIZE + 1])
        shown = rows[:PAGE_SIZE][::-1]
        return _page(shown, has_earlier=len(rows) > PAGE_SIZE, has_later=True)
    rows = list((found.filter(number__gt=after) if after else found)[: PAGE_SIZE + 1])
    return _page(rows[:PAGE_SIZE], has_earlier=bool(after), has_later=len(rows) > PAGE_SIZE)


def _page(shown: list[Patient], *, has_earlier: bool, has_later: bool) -> PatientPage:
    return PatientPage(
        patients=shown,
        earlier=shown[0].number if shown and has_earlier else "",
        later=shown[-1].number if shown and has_later else "",
    )


def find_patient(user: User, patient_id: UUID) -> Patient | None:
    """The patient, if this person may know of them."""
    return get_patients(user).filter(pk=patient_id).first()
