"""Dummy arms: the same numbers of patients, other patients."""

from collections import Counter
from datetime import date
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from endpoints.dummy_arms import deal_dummy_arms
from endpoints.flow import Participant
from trialsite.protocol.current import get_protocol

DRAWN = st.lists(
    st.tuples(st.uuids(), st.sampled_from(["angioplasty", "sham"])), max_size=40, unique_by=lambda one: one[0]
)


def make_participant(patient_id: UUID, phase: int) -> Participant:
    return Participant(
        patient_id=patient_id,
        number="x",
        site_code="UB",
        phase_number=phase,
        status="x",
        registered_on=date(2012, 1, 1),
    )


@given(DRAWN)
def test_each_arm_keeps_its_number_of_patients_and_nothing_of_who_had_it_goes_in(drawn: list[tuple[UUID, str]]) -> None:
    protocol = get_protocol()
    patients = [make_participant(one, 2) for one, _ in drawn]
    arms = dict(drawn)
    dealt = deal_dummy_arms(arms, patients, protocol)
    assert Counter(dealt.values()) == Counter(arms.values())
    assert dealt == deal_dummy_arms(arms, patients[::-1], protocol)
    elsewhere = dict(zip(arms, sorted(arms.values()), strict=True))
    assert dealt == deal_dummy_arms(elsewhere, patients, protocol), "the numbers alone decide"


def test_an_open_phase_keeps_its_arm_and_who_was_not_drawn_has_none() -> None:
    ids = [uuid4() for _ in range(3)]
    patients = [make_participant(ids[0], 1), make_participant(ids[1], 2), make_participant(ids[2], 2)]
    dealt = deal_dummy_arms({ids[0]: "open", ids[1]: "sham"}, patients, get_protocol())
    assert dealt == {ids[0]: "open", ids[1]: "sham"}
