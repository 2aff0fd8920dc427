"""The same page sent twice, by a double click or by going back and sending again: one record, and a sentence both times."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client

from tests.house import House
from tests.robust.page import Element, choices_of, names_of, read_page, values_of
from tests.robust.test_any_form import open_form, who_enters
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from visits.crfs.registry import CRFS

TYPED = {
    "site": "UB",
    "phase": "1",
    "visited_on": "2011-02-03",
    "unscheduled_reason": "New symptoms",
    "text": "Is it right?",
    "reason": "Moved away",
    "on": "2011-02-03",
    "scope": "data_use",
    "status": "attended",
}
OTHERS = {
    "register_patient": Role.COORDINATOR,
    "planned_visit": Role.COORDINATOR,
    "unscheduled_visit": Role.COORDINATOR,
    "new_query": Role.MONITOR,
    "withdrawal": Role.INVESTIGATOR,
}


def fill_one(page: Element, names: Sequence[str]) -> dict[str, str]:
    """One empty item: something is chosen in the first that has choices, or else words are written."""
    shown = values_of(page)
    empty = [name for name in names if shown.get(name, [""]) == [""]]
    chosen = {name: codes[-1] for name in empty if (codes := [code for code in choices_of(page, name) if code])}
    if chosen:
        return dict([next(iter(chosen.items()))])
    return {next(name for name in empty if "on" not in name.split("_")): "98"}


def send_twice(browser: Client, url: str, values: dict[str, Any]) -> None:
    counts, said = [AuditEvent.objects.count()], []
    for _ in range(2):
        answer = browser.post(url, values, follow=True)
        counts.append(AuditEvent.objects.count())
        said.append(
            [one.text for one in read_page(answer.content).walk() if one.classes & {"alert", "invalid-feedback"}]
        )
    assert counts[0] < counts[1] == counts[2]
    assert all(said), "not a word"


@pytest.mark.parametrize("key", list(CRFS))
def test_a_case_report_form_sent_twice_is_stored_once(key: str, house: House) -> None:
    browser = house.browser(who_enters(key, house))
    url, page = open_form(browser, key, house)
    send_twice(browser, url, {**values_of(page), **fill_one(page, CRFS[key].field_names), "intent": "save"})


@pytest.mark.parametrize("name", list(OTHERS))
def test_any_other_form_sent_twice_is_stored_once(name: str, house: House) -> None:
    browser = house.browser(OTHERS[name])
    url = house.path_of(name).replace("/baseline/", "/screening/")  # the baseline visit is recorded already
    opened = browser.get(url, follow=True)
    page = read_page(opened.content)
    typed = {item: words for item, words in TYPED.items() if item in names_of(page)}
    send_twice(browser, opened.redirect_chain[-1][0] if opened.redirect_chain else url, values_of(page) | typed)
