"""Reference pages say what the code says."""

from trialsite.management.reference import drifted_pages


def test_no_reference_page_has_drifted() -> None:
    assert drifted_pages() == [], "make reference writes them anew"
