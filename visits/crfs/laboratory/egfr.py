"""Estimated glomerular filtration rate from creatinine. Pure.

CKD-EPI creatinine equation of 2021, without race: Inker LA et al., New creatinine- and cystatin C-based equations to estimate GFR without
race, N Engl J Med 2021;385:1737-49. For adults. Creatinine in mg/dL by a method traceable to IDMS; 1 mg/dL is 88.4 µmol/L.
"""

from dataclasses import dataclass
from decimal import Decimal

FORMULA = "CKD-EPI 2021"
UMOL_L_PER_MG_DL = Decimal("88.4")
ADULT_FROM_YEARS = 18


@dataclass(frozen=True, slots=True)
class _Coefficients:
    kappa: float
    alpha: float
    factor: float


_BY_SEX = {"female": _Coefficients(0.7, -0.241, 1.012), "male": _Coefficients(0.9, -0.302, 1.0)}
_SEX_WORDS = {"f": "female", "female": "female", "m": "male", "male": "male"}


def to_mg_dl(value: Decimal, unit: str) -> Decimal:
    """Creatinine in mg/dL; `unit` is "mg_dl" or "umol_l"."""
    if unit == "mg_dl":
        return value
    if unit == "umol_l":
        return value / UMOL_L_PER_MG_DL
    raise ValueError(f"creatinine has no unit {unit!r}")


def compute_egfr(creatinine_mg_dl: Decimal, age_years: int, sex: str) -> Decimal | None:
    """eGFR in mL/min/1.73 m², rounded to one decimal; None for a child or where the sex is not female or male."""
    coefficients = _BY_SEX.get(_SEX_WORDS.get(sex.lower(), ""))
    if coefficients is None or creatinine_mg_dl <= 0 or age_years < ADULT_FROM_YEARS:
        return None
    ratio = float(creatinine_mg_dl) / coefficients.kappa
    rate = (
        142 * min(ratio, 1.0) ** coefficients.alpha * max(ratio, 1.0) ** -1.2 * 0.9938**age_years * coefficients.factor
    )
    return Decimal(rate).quantize(Decimal("0.1"))
