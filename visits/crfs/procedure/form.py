"""How the procedure is laid out and what belongs to the form."""

from trialsite.accounts.roles import Permission
from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.procedure.checks import FORM, check_procedure, compute_procedure
from visits.crfs.procedure.model import Procedure

PROCEDURE = CrfDefinition(
    key=FORM,
    title="Procedure",
    kind="visit",
    model=Procedure,
    # Who did it is left out: the name of the operator belongs to the procedure team's own form.
    sections=(
        Section("Assessment", ("assessed_on",)),
        Section("Access", ("started_at", "ended_at", "access_side", "sheath_french", "hemostasis")),
        Section("Sedation", ("sedation_given", "sedation_agents"), columns=2),
        Section("Afterwards", ("exit_complications", "complication_details", "discharged_at")),
    ),
    check=check_procedure,
    compute=compute_procedure,
    enter=frozenset({Permission.ENTER_PROCEDURE, Permission.ENTER_INTERVENTION}),
)
