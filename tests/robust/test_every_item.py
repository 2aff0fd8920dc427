"""Bad input in every item of every form, in a house where nobody else stores anything."""

from typing import Any

import pytest
from django.db import models

from tests.house import House
from tests.robust.page import read_page, values_of, words_beside
from tests.robust.test_any_form import open_form, who_enters
from trialsite.records.crf import CrfDefinition
from trialsite.records.fields import Day, Measure, Moment, PartialDay, WholeNumber, Words
from visits.crfs.registry import CRFS

LONG = "x" * 10_001

# Kind of field -> what is typed, and what must stand beside it.
EVERYWHERE: tuple[dict[type, tuple[str, str]], ...] = (
    {
        Day: ("2999-01-01", "in the future"),
        Moment: ("2999-01-01T10:30", "in the future"),
        PartialDay: ("2999", "in the future"),
        Measure: ("36,6", "decimal point"),
        WholeNumber: ("3,5", "Enter a whole number"),
        Words: (LONG, "at most 10000 characters"),
        models.CharField: ("x" * 201, "characters"),
    },
    {
        Day: ("2011-02-29", "Enter a date that exists"),
        Moment: ("2011-02-29T10:30", "Enter the date and time as"),
        PartialDay: ("2011-02-29", "2011-02-29"),
        Measure: ("1e999", "number"),
        WholeNumber: ("9" * 300, "Correct"),
        Words: ("a\x00b", "type them anew"),
        models.CharField: ("a\x00b", "type them anew"),
    },
)


@pytest.mark.parametrize("key", list(CRFS))
def test_every_item_of_every_form_says_what_is_wrong(key: str, house: House) -> None:
    """Days to come, decimal commas, texts beyond all measure and null bytes, in every item that takes them and in every cell."""
    browser = house.browser(who_enters(key, house))
    url, page = open_form(browser, key, house)
    shown, fields = values_of(page), fields_of(CRFS[key])
    for wrong in EVERYWHERE:
        typed = {
            name: wrong[type(field)][0] for name, field in fields.items() if type(field) in wrong and name in shown
        }
        again = read_page(browser.post(url, {**shown, **typed, "intent": "save"}).content)
        kept = values_of(again)
        silent = [name for name in typed if wrong[type(fields[name])][1] not in words_beside(again, name)]
        assert silent == []
        assert {name: kept[name] for name in typed} == {name: [words] for name, words in typed.items()}


def fields_of(definition: CrfDefinition) -> dict[str, Any]:
    """Input -> field of the table, for the items of a form and the cells of its grid."""
    items = {name: definition.model._meta.get_field(name) for name in definition.field_names}
    grid = definition.grid
    return items | ({name: grid.model._meta.get_field(column) for name, column in grid.inputs()} if grid else {})
