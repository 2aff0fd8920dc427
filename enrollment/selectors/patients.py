"""Finding patients, for the person who asks: only those of their sites."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from enrollment.models import Patient
from trialsite.accounts.models import User


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


def find_patient(user: User, patient_id: UUID) -> Patient | None:
    """The patient, if this person may know of them."""
    return get_patients(user).filter(pk=patient_id).first()
