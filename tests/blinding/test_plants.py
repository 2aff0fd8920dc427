"""The proof proves itself: leaks are built in, one at a time, and each is found."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.blinding.plants import Plant, plants
from trialsite.jobs.work import Made, Order
from trialsite.proof.asking import Answer, People, ask_as_it_is
from trialsite.proof.compare import find_differences
from trialsite.proof.people import names_asking
from trialsite.proof.worlds import other_world, ready_to_ask
from visits.models import Intervention

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_trial"), pytest.mark.one_database]


def test_every_planted_leak_is_found_where_it_is() -> None:
    """In both worlds each question is asked with the leak and without it: only with it the answers differ, and in the part that leaks."""
    with ready_to_ask({"listing": make_note}) as people:
        lost = Intervention.objects.order_by("pk").values_list("visit_id", flat=True)[0]
        planted = plants(lost)
        before = [ask_planted(people, plant) for plant in planted]
        with other_world(Random(1)):
            assert not Intervention.objects.filter(visit=lost).exists()
            after = [ask_planted(people, plant) for plant in planted]
    assert len(planted) >= 15
    missed, said_of_clean = [], []
    for plant, one, other in zip(planted, before, after, strict=True):
        n = len(plant.asked)
        leaking, clean = (list(differing(plant, one[part], other[part])) for part in (slice(n), slice(n, None)))
        missed += [] if plant.part in leaking else [f"{plant.name}: {leaking}"]
        said_of_clean += clean
    assert missed == [], missed
    assert said_of_clean == [], said_of_clean


def differing(plant: Plant, one: list[Answer], other: list[Answer]) -> Iterator[str]:
    """The parts of answers to blinded people that differ."""
    for question, mine, theirs in zip(plant.asked, one, other, strict=True):
        if question.person in names_asking():
            yield from (found.part.split(" at ")[0] for found in find_differences(question, mine, theirs))


def make_note(order: Order) -> Made:
    """A file that is made at once: what is told of a file is planted, not what is in it."""
    order.target.write_text("one line")
    return Made(file_name="note.txt", media_type="text/plain", action="take_listing", detail="A note.")


def ask_planted(people: People, plant: Plant) -> list[Answer]:
    """The questions with the leak, then without it."""
    with pytest.MonkeyPatch.context() as patch:
        plant.build(patch)
        leaking = [ask_as_it_is(people, question) for question in plant.asked]
    return leaking + [ask_as_it_is(people, question) for question in plant.asked]
