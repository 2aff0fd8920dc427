"""The question asked at every visit: was there a relapse since the last one? (protocol sections 1.6 and 3.3)."""

from typing import ClassVar

from trialsite.records.fields import WholeNumber, Words, YesNo
from visits.visit import VisitForm


class RelapseCheck(VisitForm):
    """What the patient reports; each relapse itself has its own form in the relapse log."""

    has_new_relapse = YesNo("new relapse since the last attended visit")
    new_relapses = WholeNumber("how many since the last attended visit", unit="relapses")
    total_relapses = WholeNumber("how many since consent, all together", unit="relapses")
    remarks = Words("remarks")

    REQUIRED: ClassVar[tuple[str, ...]] = (*VisitForm.REQUIRED, "has_new_relapse", "new_relapses", "total_relapses")

    class Meta:
        verbose_name = "relapse check"
