"""Blank forms: every item with room to write, its unit and its answers; nothing of an operator's form for blinded people."""

import re

import pytest

from tests.cast import SignIn
from tests.printing.conftest import make, read_text
from trialsite.accounts.models import User
from trialsite.printing import pdf
from trialsite.printing.blank import make_blank
from trialsite.printing.words import BLANKS, PDF
from trialsite.protocol.current import get_protocol
from visits.crfs.registry import CRFS


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.conformance(46)
def test_every_form_prints_blank_with_every_item(monitor: User, operator: User, sign_in: SignIn) -> None:
    page = sign_in(monitor).post("/blank-forms/", {"what": "all", "phase": "2", "annotated": "on", "how": "page"})
    html = page.content.decode()
    text = words_of(html)
    for definition in (one for one in CRFS.values() if not one.is_restricted):
        blank = make_blank(definition, get_protocol(), 2)
        assert f"{blank.title} Patient number Site Visit Date of the visit Form version {blank.version}" in text
        for item in (item for group in blank.groups for item in group.items):
            assert item.boxes or item.choices or item.lines, f"no room for {item.name}"
            assert f'<span class="code">{item.name}</span>' in html
    assert "Intervention" not in text
    assert "Systolic blood pressure systolic_mmhg mmHg" in text
    assert "not done not_done" in text

    plain = sign_in(operator).post("/blank-forms/", {"what": "form:intervention", "phase": "2", "how": "page"})
    assert "Contrast medium" in plain.content.decode()
    assert 'class="code"' not in plain.content.decode()
    refused = sign_in(monitor).post("/blank-forms/", {"what": "form:intervention", "phase": "2", "how": "page"})
    assert refused.status_code == 422
    assert sign_in(monitor).get("/blank-forms/").status_code == 200


@pytest.mark.skipif(PDF in pdf.LACKS, reason="Pango is not on this machine; no PDF was made")
def test_the_forms_of_a_visit_are_one_file(monitor: User) -> None:
    asked = {"what": "visit:baseline", "phase": "2", "annotated": False}
    text = read_text(make(monitor, BLANKS, **asked))
    assert "Vital signs" in text
    assert "Baseline" in text
    assert "page 1 of" in text
    assert f"protocol version {get_protocol().version}" in text
