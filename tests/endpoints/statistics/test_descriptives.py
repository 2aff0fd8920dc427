"""Descriptive statistics."""

import math

import pytest

from endpoints.statistics.descriptives import Description, describe


def test_the_two_kinds_of_quartile_differ() -> None:
    """Hyndman and Fan 1996: of 1, 2, 3, 4 the first quartile is 1.75 (type 7) or 1.5 (type 2)."""
    description = describe([4, 1, 3, 2])
    assert (description.q1_type7, description.q3_type7) == (1.75, 3.25)
    assert (description.q1_type2, description.q3_type2) == (1.5, 3.5)
    assert (description.iqr_type7, description.iqr_type2) == (1.5, 2.0)


def test_deviation_divides_by_one_less() -> None:
    assert describe([2, 4, 4, 4, 5, 5, 7, 9]).sd == pytest.approx(math.sqrt(32 / 7))


def test_missing_values_are_counted_not_described() -> None:
    description = describe([1.0, math.nan, 3.0], subjects=5)
    assert (description.n, description.n_missing, description.mean) == (2, 3, 2.0)


def test_nobody_has_no_mean() -> None:
    assert describe([]) == Description(n=0, n_missing=0)
    assert describe([math.nan]) == Description(n=0, n_missing=1)


def test_one_patient_has_no_deviation() -> None:
    description = describe([7])
    assert (description.mean, description.sd, description.iqr_type2) == (7, None, 0)


def test_more_values_than_subjects_are_refused() -> None:
    with pytest.raises(ValueError, match="more values"):
        describe([1, 2], subjects=1)
