"""Numbers as reports print them: always the same number in the same way. Pure."""

import math

from endpoints.layout import NOT_DEFINED

SMALLEST_P = 0.001


def write_count(value: float | None) -> str:
    """A whole number, such as of patients."""
    return NOT_DEFINED if value is None else f"{value:.0f}"


def write_number(value: float | None, decimals: int = 2) -> str:
    """A number with fixed decimals; infinity by its sign, zero without one."""
    if value is None or math.isnan(value):
        return NOT_DEFINED
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def write_percent(value: float | None) -> str:
    """A proportion in percent, one decimal, without the sign."""
    return NOT_DEFINED if value is None else write_number(100 * value, 1)


def write_p(value: float | None) -> str:
    """A p value with three decimals, never "0.000"."""
    if value is None or math.isnan(value):
        return NOT_DEFINED
    return f"<{SMALLEST_P}" if value < SMALLEST_P else f"{value:.3f}"


def write_plain(value: float | None) -> str:
    """A number at full precision, for files that are read by machines; empty where undefined."""
    if value is None:
        return ""
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value == int(value) else repr(value)
