"""Mixed models: what the restricted likelihood cannot tell is not reported. The numbers themselves are held against R (cross_check_whole)."""

import numpy as np
import pytest

from endpoints.statistics.mixed_models import fit_random_intercept, fit_unstructured, make_repeated_model

_ = float("nan")
SCORES = np.array(
    [
        [7, 7, 9],
        [9, 8, 8],
        [7, 6, 7],
        [9, 6, 8],
        [10, 9, 6],
        [5, 6, 4],
        [7, 4, 7],
        [4, 6, 6],
        [6, 5, 8],
        [5, 7, 3],
    ],
    dtype=np.float64,
)
BASELINE = np.array([7, 10, 7, 9, 8, 8, 9, 6, 9, 8], dtype=np.float64)
IS_ACTIVE = np.repeat([0.0, 1.0], 5)


def blank(*cells: tuple[int, int]) -> np.ndarray:
    scores = SCORES.copy()
    for patient, visit in cells:
        scores[patient, visit] = _
    return scores


@pytest.mark.parametrize(
    ("scores", "is_told"),
    [
        (SCORES, True),
        (
            blank(*((patient, 2) for patient in (1, 2, 3, 4, 6, 7, 8, 9))),
            False,
        ),  # each arm has one score at the last visit
        (blank((1, 2), (6, 2)), True),
        (
            blank(*((p, 1) for p in (0, 1, 2, 5, 6, 7)), *((p, 2) for p in (3, 4, 8, 9))),
            False,
        ),  # nobody at both later visits
    ],
)
def test_a_covariance_that_the_scores_do_not_tell_is_not_made_up(scores: np.ndarray, is_told: bool) -> None:
    model = make_repeated_model(scores, BASELINE, IS_ACTIVE)
    assert model is not None
    assert fit_random_intercept(model) is not None
    assert (fit_unstructured(model) is not None) is is_told
