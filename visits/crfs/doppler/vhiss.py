"""The five venous hemodynamic criteria and the severity score, from the segments of one Doppler examination. Pure.

Raw findings are the record; everything here is derived (protocol section 2). Thresholds and the sharing of points come from the protocol.

How the published wording is read:

* Reflux counts where it lasts longer than the threshold in both postures at one place of the vein; in deep cerebral veins one posture is
  enough.
* No flow counts where there is none in both postures at one place; the protocol may also count none in one posture with reflux in the other.
* A jugular vein is narrowed where its area lying is at most the threshold, or is reduced by at least the given percentage against the widest
  other landmark of the same vein, or where the picture shows a stenosis. A defect inside the vein counts in either posture.
* Nothing is imputed: a finding that was seen counts whatever else is missing, but a sub-score with an unreadable segment is missing, and so is
  the total. The result names the segments.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from trialsite.protocol.model import DopplerThresholds, Protocol, VhissPart, VhissRule, VhissScheme
from visits.crfs.doppler import segments
from visits.crfs.doppler.segments import JUGULAR, SEGMENTS, SITTING, SUPINE, Segment

RETROGRADE = frozenset({"reflux", "bidirectional"})
DEFECTS = frozenset({"septum", "valve_malformation", "double_channel", "annulus", "membrane", "other"})
STENOSIS, ABSENT = "stenosis", "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was entered for one segment; an empty reading stands for a segment nobody looked at."""

    segment: Segment
    is_assessable: bool | None = None
    flow: str = ""
    reflux_s: Decimal | None = None
    csa_mm2: Decimal | None = None
    bmode: frozenset[str] = frozenset()

    @property
    def is_read(self) -> bool:
        return self.is_assessable is not False

    @property
    def has_flow_reading(self) -> bool:
        """Whether the flow can be judged: retrograde flow needs its duration."""
        return self.is_read and bool(self.flow) and (self.flow not in RETROGRADE or self.reflux_s is not None)

    def has_reflux(self, longer_than_s: Decimal) -> bool:
        return self.is_read and self.flow in RETROGRADE and self.reflux_s is not None and self.reflux_s > longer_than_s

    @property
    def has_no_flow(self) -> bool:
        return self.is_read and self.flow == ABSENT

    @property
    def area(self) -> Decimal | None:
        return self.csa_mm2 if self.is_read else None

    def shows(self, codes: frozenset[str]) -> bool:
        return self.is_read and bool(self.bmode & codes)


Readings = Mapping[str, Reading]


def read_rows(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Reading]:
    """A reading of every segment, from row values by segment key; a row that is not there is an empty reading."""
    return {key: _read_row(segment, rows.get(key, {})) for key, segment in segments.BY_KEY.items()}


def _read_row(segment: Segment, row: Mapping[str, Any]) -> Reading:
    return Reading(
        segment=segment,
        is_assessable=row.get("assessable"),
        flow=row.get("flow") or "",
        reflux_s=row.get("reflux_s"),
        csa_mm2=row.get("csa_mm2"),
        bmode=frozenset(code for code in (row.get("bmode"), row.get("bmode_second")) if code),
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether a finding was seen in one vein, where, and which segments could not be read for it."""

    is_seen: bool
    places: tuple[str, ...] = ()
    unread: tuple[Segment, ...] = ()


def csa_change_mm2(readings: Readings, vein: str) -> Decimal | None:
    """The area lying minus the area sitting, where the postural change is measured; negative means a reverted control."""
    lying, sitting = (readings[_at(vein, segments.POSTURE_LANDMARK, posture)].area for posture in (SUPINE, SITTING))
    return None if lying is None or sitting is None else lying - sitting


@cache
def _at(vein: str, landmark: str, posture: str) -> str:
    """The key of a segment."""
    return Segment(vein, landmark, posture).key


@cache
def _keys(vein: str, *postures: str) -> tuple[str, ...]:
    """The keys of a vein's segments in these postures, landmark by landmark."""
    landmarks = segments.LANDMARKS if vein in JUGULAR else ("",)
    return tuple(_at(vein, landmark, posture) for landmark in landmarks for posture in postures)


def _of(readings: Readings, vein: str, *postures: str) -> list[Reading]:
    return [readings[key] for key in _keys(vein, *postures)]


def _unread(readings: Iterable[Reading], is_complete: Callable[[Reading], bool]) -> tuple[Segment, ...]:
    return tuple(reading.segment for reading in readings if not (reading.is_read and is_complete(reading)))


def _pairs(readings: Readings, vein: str) -> list[tuple[Reading, Reading]]:
    """Lying and sitting, place by place."""
    return list(zip(_of(readings, vein, SUPINE), _of(readings, vein, SITTING), strict=True))


# -- the findings a rule may ask for, in one vein


def see_reflux(readings: Readings, vein: str, thresholds: DopplerThresholds) -> Sight:
    if vein in segments.DEEP_CEREBRAL:
        found = [
            one
            for one in _of(readings, vein, SUPINE, SITTING)
            if one.has_reflux(thresholds.intracranial_reflux_above_s)
        ]
        places = tuple(one.segment.label for one in found)
    else:
        limit = thresholds.neck_reflux_above_s
        places = tuple(
            lying.segment.place
            for lying, sitting in _pairs(readings, vein)
            if lying.has_reflux(limit) and sitting.has_reflux(limit)
        )
    return Sight(bool(places), places, _unread(_of(readings, vein, SUPINE, SITTING), lambda one: one.has_flow_reading))


def see_no_flow(readings: Readings, vein: str, thresholds: DopplerThresholds) -> Sight:
    places = tuple(
        lying.segment.place for lying, sitting in _pairs(readings, vein) if _is_blocked(lying, sitting, thresholds)
    )
    return Sight(
        bool(places), places, _unread(_of(readings, vein, SUPINE, SITTING), _is_enough_for_absence(thresholds))
    )


def _is_enough_for_absence(thresholds: DopplerThresholds) -> Callable[[Reading], bool]:
    """The direction is enough, unless reflux of a certain duration in the other posture counts as well."""
    if thresholds.absence_in_one_posture_counts_with_reflux:
        return lambda one: one.has_flow_reading
    return lambda one: bool(one.flow)


def _is_blocked(lying: Reading, sitting: Reading, thresholds: DopplerThresholds) -> bool:
    if lying.has_no_flow and sitting.has_no_flow:
        return True
    if not thresholds.absence_in_one_posture_counts_with_reflux:
        return False
    limit = thresholds.neck_reflux_above_s
    return (lying.has_no_flow and sitting.has_reflux(limit)) or (sitting.has_no_flow and lying.has_reflux(limit))


def see_defect(readings: Readings, vein: str, thresholds: DopplerThresholds) -> Sight:
    places = tuple(one.segment.label for one in _of(readings, vein, SUPINE, SITTING) if one.shows(DEFECTS))
    return Sight(bool(places), places, _unread(_of(readings, vein, SUPINE), lambda one: bool(one.bmode)))


def see_stenosis(readings: Readings, vein: str, thresholds: DopplerThresholds) -> Sight:
    lying = _of(readings, vein, SUPINE)
    shown = [one for one in _of(readings, vein, SUPINE, SITTING) if one.shows(frozenset({STENOSIS}))]
    narrow = [one for one in lying if _is_narrow(one, lying, thresholds)]
    places = tuple(dict.fromkeys(one.segment.label for one in [*narrow, *shown]))
    return Sight(bool(places), places, _unread(lying, lambda one: one.csa_mm2 is not None))


def _is_narrow(one: Reading, same_vein: Iterable[Reading], thresholds: DopplerThresholds) -> bool:
    if one.area is None:
        return False
    widest = max((other.area for other in same_vein if other is not one and other.area is not None), default=Decimal(0))
    is_reduced = widest > 0 and 100 * (widest - one.area) >= thresholds.stenosis_reduction_at_least_pct * widest
    return one.area <= thresholds.stenosis_area_at_most_mm2 or is_reduced


def see_defect_or_stenosis(readings: Readings, vein: str, thresholds: DopplerThresholds) -> Sight:
    one, other = see_defect(readings, vein, thresholds), see_stenosis(readings, vein, thresholds)
    places = tuple(dict.fromkeys(one.places + other.places))
    return Sight(one.is_seen or other.is_seen, places, tuple(dict.fromkeys(one.unread + other.unread)))


def see_negative_change(readings: Readings, vein: str, thresholds: DopplerThresholds) -> Sight:
    return _see_change(readings, vein, lambda change: change < 0)


def _see_change(readings: Readings, vein: str, is_hit: Callable[[Decimal], bool]) -> Sight:
    both = [readings[_at(vein, segments.POSTURE_LANDMARK, posture)] for posture in (SUPINE, SITTING)]
    change = csa_change_mm2(readings, vein)
    is_seen = change is not None and is_hit(change)
    return Sight(
        is_seen, (both[0].segment.place,) if is_seen else (), _unread(both, lambda one: one.csa_mm2 is not None)
    )


See = Callable[[Readings, str, DopplerThresholds], Sight]
FINDINGS: Mapping[str, See] = {
    "reflux": see_reflux,
    "b_mode_defect": see_defect,
    "stenosis": see_stenosis,
    "b_mode_defect_or_stenosis": see_defect_or_stenosis,
    "no_flow": see_no_flow,
    "csa_change_negative": see_negative_change,
}


def _see_rule(rule: VhissRule, readings: Readings, vein: str, thresholds: DopplerThresholds) -> Sight:
    if rule.condition != "csa_change_within":
        return FINDINGS[rule.condition](readings, vein, thresholds)
    least, most = rule.at_least_mm2, rule.at_most_mm2
    return _see_change(
        readings, vein, lambda change: (least is None or change >= least) and (most is None or change <= most)
    )


# -- the five criteria

CRITERIA: Mapping[int, tuple[str, tuple[str, ...]]] = {
    1: ("reflux", segments.NECK),
    2: ("reflux", segments.DEEP_CEREBRAL),
    3: ("b_mode_defect_or_stenosis", JUGULAR),
    4: ("no_flow", segments.NECK),
    5: ("csa_change_negative", JUGULAR),
}
CRITERION_LABELS: Mapping[int, str] = {
    1: "Reflux in the neck, lying and sitting",
    2: "Reflux in deep cerebral veins",
    3: "Defect or stenosis of a jugular vein",
    4: "No flow in a vein of the neck",
    5: "Jugular vein wider sitting than lying",
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the five: positive as soon as seen in one vein; negative only when every segment was read; else None."""

    number: int
    is_positive: bool | None
    places: tuple[str, ...]
    unread: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class SubScore:
    """Points of one criterion out of `maximum`; None when a segment could not be read."""

    criterion: int
    points: int | None
    maximum: int
    unread: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class VhissResult:
    """All that follows from one examination."""

    criteria: tuple[Criterion, ...]
    sub_scores: tuple[SubScore, ...]
    scheme: VhissScheme

    @property
    def positive(self) -> frozenset[int]:
        """The numbers of the criteria that are surely positive."""
        return frozenset(one.number for one in self.criteria if one.is_positive)

    @property
    def unknown(self) -> frozenset[int]:
        """The numbers of the criteria that cannot be told."""
        return frozenset(one.number for one in self.criteria if one.is_positive is None)

    @property
    def criteria_count(self) -> int | None:
        """How many are positive; None while any cannot be told."""
        return None if self.unknown else len(self.positive)

    @property
    def total(self) -> int | None:
        points = [part.points for part in self.sub_scores if part.points is not None]
        return sum(points) if len(points) == len(self.sub_scores) else None

    @property
    def blocking(self) -> tuple[Segment, ...]:
        """The segments for which the total is missing, in the order of examination."""
        unread = {segment for part in self.sub_scores for segment in part.unread}
        return tuple(segment for segment in SEGMENTS if segment in unread)


def score(readings: Readings, thresholds: DopplerThresholds, scheme: VhissScheme) -> VhissResult:
    """Criteria and scores of an examination under one scheme."""
    criteria = tuple(_judge(number, readings, thresholds) for number in CRITERIA)
    parts = tuple(_score_part(part, readings, thresholds) for part in scheme.parts)
    return VhissResult(criteria, parts, scheme)


def score_rows(rows: Mapping[str, Mapping[str, Any]], protocol: Protocol) -> VhissResult:
    """Criteria and scores from row values by segment key, by the protocol's own thresholds and scheme."""
    return score(read_rows(rows), protocol.doppler, protocol.vhiss)


def score_total(rows: Mapping[str, Mapping[str, Any]], protocol: Protocol) -> int | None:
    """The score alone, without the criteria, which cost as much again."""
    readings = read_rows(rows)
    parts = tuple(_score_part(part, readings, protocol.doppler) for part in protocol.vhiss.parts)
    return VhissResult((), parts, protocol.vhiss).total


def _judge(number: int, readings: Readings, thresholds: DopplerThresholds) -> Criterion:
    condition, veins = CRITERIA[number]
    sights = [FINDINGS[condition](readings, vein, thresholds) for vein in veins]
    unread = tuple(segment for sight in sights for segment in sight.unread)
    is_seen = any(sight.is_seen for sight in sights)
    places = tuple(place for sight in sights for place in sight.places)
    return Criterion(number, True if is_seen else (None if unread else False), places, unread)


def _score_part(part: VhissPart, readings: Readings, thresholds: DopplerThresholds) -> SubScore:
    sights = {vein: [(rule, _see_rule(rule, readings, vein, thresholds)) for rule in part.rules] for vein in part.veins}
    unread = tuple(
        dict.fromkeys(segment for pairs in sights.values() for _, sight in pairs for segment in sight.unread)
    )
    if unread:
        return SubScore(part.criterion, None, part.maximum, unread)
    points = sum(_vein_points(part, pairs) for pairs in sights.values())
    return SubScore(part.criterion, points, part.maximum, ())


def _vein_points(part: VhissPart, pairs: Iterable[tuple[VhissRule, Sight]]) -> int:
    earned = [rule.points for rule, sight in pairs if sight.is_seen]
    return sum(earned) if part.combination == "sum" else max(earned, default=0)
