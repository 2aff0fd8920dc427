"""What the forms say about a patient before entry, as plain values: all that eligibility is judged by. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import Any

from trialsite.lib.partial_dates import PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What complete forms say about a patient before entry. None and "" mean: not known.

    `consented_on` is the site's day of the earliest consent, `first_assessment_on` the day of the earliest examination. `dmt` is the code of
    the current disease-modifying therapy ("none": takes none). `doppler` says per venous criterion whether it is positive. `relapses` and
    `steroid_days` hold every known onset and last day; the flags beside them say whether the patient was asked at all. `answers` holds
    yes, no or na by criterion code.
    """

    born: PartialDate | None = None
    sex: str = ""
    has_childbearing_potential: bool | None = None
    consented_on: date | None = None
    consent_version: str = ""
    first_assessment_on: date | None = None
    ms_course: str = ""
    mcdonald_version: str = ""
    screening_edss: Decimal | None = None
    dmt: str = ""
    dmt_started: PartialDate | None = None
    doppler: Mapping[int, bool | None] = field(default_factory=dict)
    egfr_ml_min: Decimal | None = None
    inr: Decimal | None = None
    platelets_10e9_l: Decimal | None = None
    pregnancy_test: str = ""
    pregnancy_tested_on: date | None = None
    are_relapses_known: bool = False
    relapses: tuple[PartialDate, ...] = ()
    are_steroids_known: bool = False
    steroid_days: tuple[PartialDate, ...] = ()
    is_on_steroids: bool = False
    has_previous_venous_procedure: bool | None = None
    has_progressed: bool | None = None
    is_breast_feeding: bool | None = None
    lacks_contraception: bool | None = None
    has_treatment_contraindication: bool | None = None
    answers: Mapping[str, str] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """The evidence as values a digest can be made of."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, PartialDate):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
