"""Which accounts know the arm of a patient whom they treat, and since when: from the trail, for the pages of blinded people cannot ask the vault.

Nobody blinded may be told what stands here of another account.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Min

from enrollment.models import Patient
from trialsite.audit.models import AuditEvent

# The acts by which a blinded person learns an arm. An operator knows it by office, and rates nothing.
_SHOWS = ("break_code",)

ShownMoments = dict[tuple[str, UUID], datetime]


def get_shown_moments(patient_ids: Collection[UUID], username: str = "") -> ShownMoments:
    """(user name, patient) -> when that account was first shown the patient's arm; of one account, if asked so. One query."""
    shown = AuditEvent.objects.filter(is_restricted=True, patient_id__in=patient_ids, action__in=_SHOWS).order_by()
    if username:
        shown = shown.filter(actor_username=username)
    told = shown.values_list("actor_username", "patient_id").annotate(first=Min("at"))
    return {(name, patient_id): at for name, patient_id, at in told if patient_id is not None}


def find_shown_moment(patient: Patient, username: str) -> datetime | None:
    """When this account was first shown the patient's arm. Who was never drawn has none to show."""
    if not patient.randomization_code:
        return None
    return get_shown_moments([patient.pk], username).get((username, patient.pk))
