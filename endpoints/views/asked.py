"""The number of a table whose patients are asked for, as it stands in the address, and the records it rests on."""

from django.http import QueryDict

from endpoints.catalog import FORM_OF_OUTCOME, ReportKind
from endpoints.counted import say_which
from endpoints.engine import start_engine
from endpoints.flow_steps import ALL
from endpoints.flow_steps import PART as FLOW_PART
from endpoints.layout import Behind
from endpoints.presenters import BEHIND
from endpoints.selectors.record_states import RecordBehind
from trialsite.protocol.model import Protocol

Asked = tuple[Behind, str]
_WITH_BASELINE = frozenset({"response", "change"})
_ALL_VISITS = frozenset({FLOW_PART, "mixed_model"})
_SEVERAL_FORMS = frozenset({"relapses", "lesion_models", "time_to_relapse", "time_to_report"})


def read_asked(given: QueryDict) -> Asked | None:
    """What is asked for; None for all patients of the report."""
    which = given.get("which", "")
    return (Behind(**{name: given.get(name, "") for name in BEHIND}), which) if which else None


def say_asked(title: str, protocol: Protocol, asked: Asked) -> str:
    """The number in words: what it is about, the visit, whose it is, and which patients it counts."""
    behind, which = asked
    if behind.part == FLOW_PART and behind.group == ALL:
        return f"{title}: patients"
    terms = start_engine().name_terms(protocol)
    groups = " and ".join(terms.get(one, one.replace("_", " ").capitalize()) for one in behind.groups)
    visit = "" if behind.part == FLOW_PART else terms.get(behind.visit, behind.visit)
    return f"{', '.join(filter(None, (title, visit, groups)))}: {say_which(which, behind.part)}"


def choose_forms(kind: ReportKind, asked: Asked | None) -> frozenset[str]:
    """The forms that a number rests on; those of relapses and of models of lesions stand in several."""
    if asked is None or asked[0].outcome not in FORM_OF_OUTCOME or asked[0].part in _SEVERAL_FORMS:
        return kind.forms
    return kind.forms & {FORM_OF_OUTCOME[asked[0].outcome]}


def keep_at_visits(records: list[RecordBehind], protocol: Protocol, asked: Asked | None) -> list[RecordBehind]:
    """The records of the visit a number is about; of a change those before the procedure as well."""
    if asked is None or not asked[0].visit or asked[0].part in _ALL_VISITS:
        return records
    behind = asked[0]
    is_change = behind.part in _WITH_BASELINE or behind.analysis in ("change", "percent_change")
    early = {visit.key for visit in protocol.visits if visit.kind in ("screening", "baseline")} if is_change else set()
    label = start_engine().name_terms(protocol).get(behind.visit)
    wanted = early | {visit.key for visit in protocol.visits if visit.label == label}
    return [one for one in records if one.visit_key in wanted]
