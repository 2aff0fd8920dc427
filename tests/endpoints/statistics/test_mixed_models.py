"""Mixed models: published growth data against R, and what the restricted likelihood cannot tell. Hundreds of data sets more are held against R by
cross_check_whole."""

import numpy as np
import pytest

from endpoints.statistics.mixed_analysis import analyze_repeated
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


GIRLS = """21 20 21.5 23; 21 21.5 24 25.5; 20.5 24 24.5 26; 23.5 24.5 25 26.5; 21.5 23 22.5 23.5; 20 21 21 22.5; 21.5 22.5 23 25;
23 23 23.5 24; 20 21 22 21.5; 16.5 19 19 19.5; 24.5 25 28 28"""
BOYS = """26 25 29 31; 21.5 22.5 23 26.5; 23 22.5 24 27.5; 25.5 27.5 26.5 27; 20 23.5 22.5 26; 24.5 25.5 27 28.5; 22 22 24.5 26.5;
24 21.5 24.5 25.5; 23 20.5 31 26; 27.5 28 31 31.5; 23 23 23.5 25; 21.5 23.5 24 28; 17 24.5 26 29.5; 22.5 25.5 25.5 26;
23 24.5 26 30; 22 21.5 23.5 25"""
"""Distance from pituitary to pterygomaxillary fissure at 8, 10, 12 and 14 years, mm: Potthoff and Roy, Biometrika 1964;51:313-326."""


def test_growth_of_children() -> None:
    """The distance at 8 years as the baseline, boys as the active arm. nlme 3.1-162 of R: lme(y ~ b + arm * visit, random = ~ 1 | id), and gls with
    corSymm and varIdent."""
    rows = np.array([[float(cell) for cell in child.split()] for child in f"{GIRLS}; {BOYS}".split(";")])
    found = analyze_repeated(rows[:, 1:], rows[:, 0], np.repeat([0.0, 1.0], [11, 16]))
    assert (found.scores, found.patients, found.residual_df) == (81, 27, 74)
    assert found.random is not None
    assert np.sqrt([found.random.variance_patient, found.random.variance_residual]) == pytest.approx(
        [1.32794866233, 1.32302314726], rel=1e-5
    )
    # Nothing is missing, so the residual variance is the mean square of the analysis of variance, which needs no search.
    later = rows[:, 1:] - rows[:, 1:].mean(axis=1, keepdims=True)
    squares = sum(((arm - arm.mean(axis=0)) ** 2).sum() for arm in (later[:11], later[11:]))
    assert found.random.variance_residual == pytest.approx(squares / (25 * 2), rel=1e-10)
    assert found.random.fit.log_likelihood == pytest.approx(-153.177066712, abs=1e-8)
    assert found.random.fit.beta == pytest.approx(
        [
            10.053446162142,
            0.574730009513,
            0.612104870257,
            0.863636363636,
            1.863636363636,
            1.042613636364,
            1.792613636364,
        ]
    )
    errors = [
        2.845537903642,
        0.131662123273,
        0.767301460993,
        0.5641389655,
        0.5641389655,
        0.732838013082,
        0.732838013082,
    ]
    assert np.sqrt(np.diag(found.random.fit.covariance)) == pytest.approx(errors, rel=1e-5)
    assert found.unstructured is not None
    assert found.unstructured.log_likelihood == pytest.approx(-150.127326132, abs=1e-6)
    assert found.covariance == pytest.approx(
        np.array([[2.95110, 0.98786, 2.0874], [0.98786, 3.81090, 2.1953], [2.0874, 2.1953, 3.7598]]), rel=2e-4
    )
    first = found.visits[0]
    assert first.satterthwaite is not None
    assert first.unstructured is not None
    assert first.satterthwaite.estimate == pytest.approx(0.612104870257)
    assert first.unstructured.se == pytest.approx(0.705802426993, rel=1e-4)
