"""What is asked about one patient, wherever the trial stands."""

from enrollment.models import Patient
from trialsite.accounts.roles import Role
from trialsite.proof.asking import Question
from trialsite.proof.people import KNOWING, names_asking

LOCKED = ((Role.DATA_MANAGER, "/locks/"), (Role.MONITOR, "/trail/"), (Role.MONITOR, "/list-commitment/"))


def ask_about(patient: Patient) -> list[Question]:
    """The pages of a patient and of the day as everybody, the draw as those who may, and what else the state decides."""
    pages = ("/", "/patients/", f"/patients/{patient.pk}/", f"/patients/{patient.pk}/draw/")
    drawing = [
        Question(str(role), method, f"/patients/{patient.pk}/draw/")
        for role in (Role.COORDINATOR, Role.INVESTIGATOR)
        for method in ("post", "get")
    ]
    return [
        *(Question(name, "get", page) for name in names_asking() for page in pages),
        *drawing,
        *(Question(str(role), "get", page) for role, page in LOCKED),
        *(Question(str(role), "get", page) for role in KNOWING for page in ("/worklist/", "/allocation/", "/trail/")),
    ]
