"""What people attested of a form, read when its page is shown."""

from django.utils import timezone

from trialsite.accounts.models import User
from trialsite.lib.lateness import count_days_late
from trialsite.marks.models import Verification
from trialsite.marks.selectors import Marks, get_all_verifications, get_marks_on
from trialsite.marks.states import State, state_of
from trialsite.protocol.current import get_protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.critical import critical_items
from trialsite.records.entry import EntryMarks
from trialsite.records.models import CaseReportForm
from visits.mark_panel import make_panel
from visits.views.loaders import make_form_reach


def read_entry_marks(definition: CrfDefinition, record: CaseReportForm, user: User) -> EntryMarks:
    reach = make_form_reach(definition, record)
    marks = Marks(get_marks_on(reach.covering_ids))
    panel = make_panel(reach, marks, user)
    items = [item.field for item in critical_items(definition, get_protocol())]
    status = record.status if record.is_stored else ""
    facts = marks.facts(status, *reach.covering_ids, items=items, is_restricted=definition.is_restricted)
    state = state_of(facts)
    return EntryMarks(
        closed_because=panel.closed_because,
        of_items=_words_by_item(definition, record) if record.is_stored else {},
        page={
            "marks_panel": None if panel.is_empty or definition.is_restricted else panel,
            "days_late": _days_late(record),
            "shown_state": "" if state is State.EMPTY else state.value,
        },
    )


def _days_late(record: CaseReportForm) -> int:
    """On the clock of the site, which the page has set."""
    if not record.is_stored:
        return 0
    return count_days_late(
        getattr(record, "assessed_on", None),
        timezone.localdate(record.recorded_at),
        late_after_days=get_protocol().review.late_after_days,
    )


def _words_by_item(definition: CrfDefinition, record: CaseReportForm) -> dict[str, str]:
    """What to say beside each critical item: verified, no longer, or not yet."""
    every = get_all_verifications([record.pk])
    held = {mark.field: mark for mark in every if not hasattr(mark, "end")}
    ended = {mark.field: mark for mark in every if hasattr(mark, "end")}
    return {
        item.input_name: _words(held.get(item.field) or held.get(""), ended.get(item.field))
        for item in critical_items(definition, get_protocol())
    }


def _words(held: Verification | None, ended: Verification | None) -> str:
    if held is not None:
        return f"✓ verified by {held.by_name}, {held.appended_at:%Y-%m-%d}"
    if ended is not None:
        return f"! no longer verified since {ended.end.appended_at:%Y-%m-%d}"
    return "◇ critical item, not verified yet"
