"""What every family of endpoints works on: checked facts, groups with their labels, and how visits are called."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from endpoints.assembly import assemble_facts
from endpoints.catalog import FORM_OF_OUTCOME
from endpoints.derivations.groups import Group, Grouping
from endpoints.facts import OUTCOMES, TrialFacts
from endpoints.flow import Participant
from endpoints.layout import ReportInput
from endpoints.plan import make_arm_grouping, make_blinded_grouping, name_arm, name_visit
from trialsite.protocol.model import Protocol


@dataclass(frozen=True, kw_only=True)
class Material:
    """Facts and groups of one report. `withhold_below`: the fewest patients of whom VHISS numbers are printed."""

    facts: TrialFacts
    grouping: Grouping
    visit_labels: Mapping[str, str]
    notes: tuple[str, ...]
    withhold_below: int = 0
    given: ReportInput

    @property
    def group_labels(self) -> dict[str, str]:
        return {group.key: group.label for group in self.grouping.groups}

    def select_participants(self, group: Group) -> list[Participant]:
        """The patients of a group who entered, analyzed or not."""
        return [one for one in self.given.participants if one.has_entered and self._belongs(one, group)]

    def _belongs(self, one: Participant, group: Group) -> bool:
        arm = (self.given.arms or {}).get(one.patient_id)
        is_member = group.arm is None or (arm is not None and name_arm(self.given.protocol.arm(arm)) == group.arm)
        return one.phase_number == group.phase and is_member

    def is_planned(self, outcome: str, visit: str) -> bool:
        """Whether the protocol asks for this outcome at this visit; what is new or changed since the baseline, only after it."""
        known, later = OUTCOMES[outcome], self.facts.plan.visits_after_baseline
        if (known.is_change or known.kind == "count") and visit not in later:
            return False
        form = FORM_OF_OUTCOME[outcome]
        planned = next((one for one in self.given.protocol.visits if name_visit(one.key) == visit), None)
        return planned is not None and any(due.form == form and due.is_required for due in planned.forms)

    def label_visit(self, name: str) -> str:
        return self.visit_labels.get(name, name)


WITHHELD_BELOW = 5
"""Of fewer patients a mean or a median tells people who treat and rate them too much about one."""


def prepare(given: ReportInput) -> Material:
    """Facts with arms and groups by arm where the input has arms; else pooled groups, and no arm anywhere."""
    assembled = assemble_facts(given.recorded, given.protocol, given.arms)
    grouping = make_blinded_grouping(given.protocol) if given.arms is None else make_arm_grouping(given.protocol)
    return Material(
        facts=assembled.facts,
        grouping=_keep_entered(grouping, given),
        visit_labels=label_visits(given.protocol),
        notes=assembled.notes,
        withhold_below=WITHHELD_BELOW if given.hides_late_vhiss else 0,
        given=given,
    )


def _keep_entered(grouping: Grouping, given: ReportInput) -> Grouping:
    """Without the phases of which nobody is analyzed yet."""
    phases = {patient.phase for patient in given.recorded.patients}
    if not phases:
        return grouping
    return replace(
        grouping,
        groups=tuple(group for group in grouping.groups if group.phase in phases),
        comparisons=tuple(one for one in grouping.comparisons if one.active.phase in phases),
    )


def label_visits(protocol: Protocol) -> dict[str, str]:
    """The protocol's words for each visit of the analysis data set."""
    return {name_visit(visit.key): visit.label for visit in protocol.visits}
