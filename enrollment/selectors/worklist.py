"""Whom the operator treats: patients who have entered treatment and whose procedure is still to come, or is today's."""

from datetime import date

from django.db.models import Q

from enrollment.models import Patient, PatientStatus
from trialsite.accounts.models import User
from trialsite.lib import clock
from trialsite.protocol.model import Protocol

IN_TREATMENT = (PatientStatus.ENROLLED, PatientStatus.RANDOMIZED)


def get_worklist(user: User, protocol: Protocol) -> list[Patient]:
    """The patients on the operator's list at the operator's sites, those who wait longest first."""
    wanted = Q(pk__in=[])
    for site in protocol.sites:
        if user.may_see_site(site.code):
            wanted |= Q(site_code=site.code) & _on_table(clock.today(site.time_zone))
    return list(
        Patient.objects.filter(
            wanted, status__in=IN_TREATMENT, withdrawn_on=None, died_on=None, ended_on=None
        ).order_by("entered_on", "number")
    )


def is_on_worklist(patient: Patient, protocol: Protocol) -> bool:
    """Whether the procedure team may look at this patient's treatment today."""
    today = clock.today(protocol.site(patient.site_code).time_zone)
    has_left = any((patient.withdrawn_on, patient.died_on, patient.ended_on))
    return patient.status in IN_TREATMENT and not has_left and patient.procedure_on in (None, today)


def _on_table(today: date) -> Q:
    return Q(procedure_on__isnull=True) | Q(procedure_on=today)
