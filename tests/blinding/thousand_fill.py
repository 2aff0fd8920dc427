"""A trial of many patients, drawn and treated, to measure the proof of the blind on."""

import sys
import uuid
from datetime import date

from enrollment.actions.draw import draw_allocation
from enrollment.models import Consent, Patient
from tests.bench.fill import BEGIN, FORMS, SITE, VISITS, Maker, add_visit
from tests.vault.conftest import make_sealed_list, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from visits.crfs.registry import CRFS
from visits.models import Intervention, InterventionVein
from visits.visit import Visit


def main() -> int:
    """Everything up to the draw in bulk, then every draw for itself."""
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    maker = Maker(User.objects.create_user("writer", None, full_name="Writer, Synthetic", roles=["coordinator"]))
    patients = [_add(maker, n) for n in range(1, how_many + 1)]
    maker.close()
    make_sealed_list(how_many)
    for patient in patients:
        draw_allocation(patient, ready, SYSTEM)
    print(f"{how_many} patients were drawn.")
    return 0


def _add(maker: Maker, n: int) -> Patient:
    """A patient with five visits, eight forms at each, and the operator's form with two veins."""
    patient = Patient(
        number=f"P2-{n:04}", site_code=SITE, phase_number=2, registered_on=date(2011, 1, 3), status="eligible"
    )
    maker.add(patient)
    maker.add(Consent(patient=patient, status="complete", form_version="1.0", consented_at=BEGIN, is_copy_given=True))
    visits = {key: add_visit(maker, patient, key, at) for at, key in enumerate(VISITS)}
    for visit in visits.values():
        _add_forms(maker, visit)
    _add_intervention(maker, visits["procedure"], n)
    return patient


def _add_forms(maker: Maker, visit: Visit) -> None:
    for key in FORMS:
        form_id = uuid.uuid5(visit.pk, key)
        maker.add(
            CRFS[key].new(id=form_id, patient=visit.patient, visit=visit, assessed_on=visit.visited_on, status="draft")
        )


def _add_intervention(maker: Maker, visit: Visit, n: int) -> None:
    done = Intervention(
        patient=visit.patient, visit=visit, assessed_on=visit.visited_on, assessed_by="operator", status="draft"
    )
    done.contrast_ml, done.heparin_iu, done.notes = 80 + n % 40, 5_000, f"Note {n}"
    maker.add(done)
    for key in ("ijv_left", "ijv_right"):
        maker.add(InterventionVein(parent=done, key=key, is_examined=True, inflation_count=n % 3))
