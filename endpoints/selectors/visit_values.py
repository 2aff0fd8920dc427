"""The outcomes of visits: which form and field each one comes from. Only complete forms count.

| outcome | from |
|---|---|
| vhiss | the segments of the Doppler examination, scored by `visits.crfs.doppler.vhiss`; never a stored total |
| new_ce_lesions, new_t2_lesions | MRI, the agreed numbers of new lesions |
| pbvc | MRI, percentage brain volume change since baseline |
| relapses | relapse check, new relapses since the last attended visit |
| edss | the rater's step |
| sdmt, pasat | cognition, correct answers; a session marked as not valid counts as missing |
| msqol_physical, msqol_mental | quality of life, the composites of `visits.crfs.quality_of_life.scoring` |
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import CharField
from django.db.models.functions import Cast

from endpoints.selectors.rows import fetch_rows
from trialsite.protocol.model import Protocol
from trialsite.records.models import FormStatus
from visits.crfs.cognition.model import Validity
from visits.crfs.doppler.vhiss import score_total
from visits.crfs.quality_of_life.scoring import score_msqol_composites
from visits.models import Cognition, Doppler, DopplerFinding, Edss, Mri, QualityOfLife, RelapseCheck, VisitForm

Outcomes = dict[str, float]
FINDING_FIELDS = ("flow", "reflux_s", "csa_mm2", "bmode", "bmode_second", "assessable")


@dataclass(frozen=True, slots=True)
class VisitValues:
    """Outcomes by visit, and per form how many were left out because they are drafts."""

    by_visit: Mapping[UUID, Outcomes]
    drafts: Mapping[str, int]


def get_visit_values(forms: Collection[str], protocol: Protocol) -> VisitValues:
    """The outcomes that these forms give for every treated patient; one query a form, two for Doppler."""
    by_visit: defaultdict[UUID, Outcomes] = defaultdict(dict)
    drafts: dict[str, int] = {}
    for source in _SOURCES:
        if source.form not in forms:
            continue
        left_out = 0
        for visit_id, outcomes in source.read(protocol):
            if outcomes is None:
                left_out += 1
            else:
                by_visit[visit_id].update(outcomes)
        if left_out:
            drafts[source.title] = left_out
    return VisitValues(by_visit, drafts)


FormValues = Iterator[tuple[UUID, Outcomes | None]]
"""Per form the visit and its outcomes, None for a draft."""


@dataclass(frozen=True, slots=True)
class _Source:
    form: str
    title: str
    read: Callable[[Protocol], FormValues]


def _read_forms(model: type[VisitForm], fields: tuple[str, ...]) -> Iterator[tuple[UUID, tuple[Any, ...] | None]]:
    """Per form the visit and these fields, None for a draft."""
    treated = model._base_manager.filter(patient__procedure_on__isnull=False)
    complete = FormStatus.COMPLETE.value
    for visit_id, status, *values in fetch_rows(treated.values_list("visit_id", "status", *fields)):
        yield visit_id, tuple(values) if status == complete else None


def _copy_fields(model: type[VisitForm], outcomes: Mapping[str, str]) -> Callable[[Protocol], FormValues]:
    """A reader that takes fields as they stand: outcome -> field."""

    def read(_protocol: Protocol) -> FormValues:
        for visit_id, values in _read_forms(model, tuple(outcomes.values())):
            if values is None:
                yield visit_id, None
            else:
                yield visit_id, _known(outcomes, values)

    return read


def _known(outcomes: Iterable[str], values: Iterable[Any]) -> Outcomes:
    """The outcomes that have a value."""
    return {outcome: float(value) for outcome, value in zip(outcomes, values, strict=True) if value is not None}


Findings = tuple[tuple[Any, ...], ...]
"""The rows of one examination: key of the segment and `FINDING_FIELDS`."""


def _read_doppler(protocol: Protocol) -> FormValues:
    by_text: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    findings = DopplerFinding.objects.filter(parent__patient__procedure_on__isnull=False)
    # As text, so that an id is made once for each examination and not for each of its rows.
    parent = Cast("parent_id", CharField())
    for row in fetch_rows(findings.values_list(parent, "key", *FINDING_FIELDS)):
        by_text[row[0]].append(row[1:])
    rows = {UUID(text): tuple(found) for text, found in by_text.items()}
    score_findings = _get_scorer(protocol)
    for visit_id, values in _read_forms(Doppler, ("id",)):
        if values is None:
            yield visit_id, None
        else:
            yield visit_id, _known(("vhiss",), (score_findings(rows.get(values[0], ())),))


_SCORED = 5_000
_scorers: dict[str, Callable[[Findings], int | None]] = {}


def _get_scorer(protocol: Protocol) -> Callable[[Findings], int | None]:
    """What scores an examination by this protocol. Equal findings give an equal score, so they are not scored twice in a process."""
    if protocol.digest not in _scorers:
        _scorers.clear()

        @lru_cache(maxsize=_SCORED)
        def score_findings(findings: Findings) -> int | None:
            rows = {key: dict(zip(FINDING_FIELDS, values, strict=True)) for key, *values in findings}
            return score_total(rows, protocol)

        _scorers[protocol.digest] = score_findings
    return _scorers[protocol.digest]


def forget_scores() -> None:
    """Score everything anew at the next reading, as a process does that has just started."""
    _scorers.clear()
    _score_answers.cache_clear()


def _read_cognition(_protocol: Protocol) -> FormValues:
    for visit_id, values in _read_forms(Cognition, ("sdmt_correct", "pasat_correct", "validity")):
        if values is None:
            yield visit_id, None
        elif values[-1] == Validity.INVALID:
            yield visit_id, {}
        else:
            yield visit_id, _known(("sdmt", "pasat"), values[:-1])


def _read_quality_of_life(_protocol: Protocol) -> FormValues:
    for visit_id, answers in _read_forms(QualityOfLife, QualityOfLife.MSQOL):
        if answers is None:
            yield visit_id, None
        else:
            yield visit_id, _known(("msqol_physical", "msqol_mental"), _score_answers(answers))


@lru_cache(maxsize=_SCORED)
def _score_answers(answers: tuple[int | None, ...]) -> tuple[float | None, float | None]:
    return score_msqol_composites(dict(enumerate(answers, start=1)))


MRI_FIELDS = {"new_ce_lesions": "cel_new", "new_t2_lesions": "t2_new", "pbvc": "pbvc_pct"}
_SOURCES = (
    _Source("doppler", "Doppler examination", _read_doppler),
    _Source("mri", "MRI", _copy_fields(Mri, MRI_FIELDS)),
    _Source("edss", "EDSS", _copy_fields(Edss, {"edss": "rater_step"})),
    _Source("relapse_check", "Relapse check", _copy_fields(RelapseCheck, {"relapses": "new_relapses"})),
    _Source("cognition", "Cognition", _read_cognition),
    _Source("quality_of_life", "Quality of life", _read_quality_of_life),
)
