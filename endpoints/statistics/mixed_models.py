"""Repeated scores of two arms: random intercept and unstructured covariance, by restricted likelihood."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.repeated_measures import RepeatedScores, RestrictedFit, collect_patterns, evaluate

_MOST_STEPS = 100
_MOST_HALVINGS = 15
_NEARLY_SINGULAR = 1e-8
"""Smallest over largest eigenvalue of a covariance below which the likelihood is taken to rise toward a singular one."""


@dataclass(frozen=True)
class RepeatedModel:
    """score ~ baseline + arm x visit. Terms: intercept, baseline, arm, later visits, arm by later visit.

    The reference is the first visit and the reference arm.
    """

    scores: RepeatedScores

    def contrast_arms(self, visit: int) -> FloatArray:
        """The difference active - reference at a visit, by position."""
        contrast = np.zeros(self.scores.terms)
        contrast[2] = 1
        if visit:
            contrast[2 + self.scores.visits - 1 + visit] = 1
        return contrast

    def list_hypotheses(self) -> dict[str, FloatArray]:
        """What type III tests for each term: rows of contrasts. The other factor's levels weigh alike."""
        later = self.scores.visits - 1
        baseline = np.eye(self.scores.terms)[[1]]
        arms = np.mean([self.contrast_arms(visit) for visit in range(self.scores.visits)], axis=0)[None]
        visits, interaction = np.zeros((2, later, self.scores.terms))
        for position in range(later):
            visits[position, 3 + position] = 1
            visits[position, 3 + later + position] = 0.5
            interaction[position, 3 + later + position] = 1
        return {"baseline": baseline, "arm": arms, "visit": visits, "arm:visit": interaction}


@dataclass(frozen=True)
class ContrastTest:
    """A linear combination of coefficients against zero, in units of the score."""

    estimate: float
    se: float
    df: float | None
    p: float | None
    p_normal: float


@dataclass(frozen=True)
class TermTest:
    """F test of all contrasts of a term, denominator degrees of freedom after Satterthwaite."""

    f: float
    numerator_df: int
    denominator_df: float | None
    p: float | None


@dataclass(frozen=True)
class RandomIntercept:
    """A patient's scores share a normal deviation: two variances."""

    fit: RestrictedFit
    variance_patient: float
    variance_residual: float
    is_boundary: bool


def make_repeated_model(scores: FloatArray, baseline: FloatArray, is_active: FloatArray) -> RepeatedModel | None:
    """Patients with a baseline and a score at one visit or more; `scores` is patient x visit, NaN where missing.

    None where no degree of freedom is left.
    """
    kept = ~np.isnan(baseline) & ~np.isnan(is_active) & ~np.isnan(scores).all(axis=1)
    patients, visits = int(kept.sum()), scores.shape[1]
    designs = np.zeros((patients, visits, 1 + 1 + 1 + 2 * (visits - 1)))
    designs[:, :, 0] = 1
    designs[:, :, 1] = baseline[kept][:, None]
    designs[:, :, 2] = is_active[kept][:, None]
    for visit in range(1, visits):
        designs[:, visit, 2 + visit] = 1
        designs[:, visit, 2 + visits - 1 + visit] = is_active[kept]
    data = collect_patterns(scores[kept], designs)
    return RepeatedModel(data) if data.df > 0 else None


def fit_random_intercept(model: RepeatedModel) -> RandomIntercept | None:
    """The maximum of the restricted likelihood: one ratio of variances is searched, all else is in closed form.

    A ratio of zero (`is_boundary`) means that scores of a patient are no more alike than those of two. None where the
    terms are not estimable.
    """
    data = model.scores
    one, shared = np.eye(data.visits), np.ones((data.visits, data.visits))

    def slope(log_ratio: float) -> float:
        at = _fit_ratio(data, math.exp(log_ratio))
        return 0.0 if at is None else float(at.fit.gradient[0] * at.variance_residual)

    start = _fit_ratio(data, 0.0)
    if start is None or start.variance_residual <= 1e-12:
        return None
    if start.fit.gradient[0] >= 0:
        return start
    low, high = -30.0, 0.0
    while slope(high) < 0:
        high += 2
        if high > 30:
            return None
    ratio = math.exp(float(optimize.brentq(slope, low, high, xtol=1e-14, rtol=1e-14)))
    found = _fit_ratio(data, ratio)
    if found is None:
        return None
    fit = evaluate(data, found.variance_patient * shared + found.variance_residual * one, [shared, one])
    return None if fit is None else RandomIntercept(fit, found.variance_patient, found.variance_residual, False)


def _fit_ratio(data: RepeatedScores, ratio: float) -> RandomIntercept | None:
    """The fit where the patients' variance is `ratio` times the residual one."""
    one, shared = np.eye(data.visits), np.ones((data.visits, data.visits))
    fit = evaluate(data, one + ratio * shared, [shared, one])
    if fit is None:
        return None
    # The gradient in the scale holds the residual squares: trace - squares, both known at scale 1.
    squares = data.df - float(fit.gradient[1]) - ratio * float(fit.gradient[0])
    variance = squares / data.df
    if variance <= 0:
        return RandomIntercept(fit, 0.0, 0.0, True)
    scaled = evaluate(data, variance * (one + ratio * shared), [shared, one])
    return None if scaled is None else RandomIntercept(scaled, ratio * variance, variance, ratio == 0)


def fit_unstructured(model: RepeatedModel) -> tuple[RestrictedFit, FloatArray] | None:
    """Any covariance of the scores at the visits, by Newton's method; None where no maximum is found.

    Jennrich and Schluchter, Biometrics 1986;42:805-820.
    """
    data = model.scores
    start = fit_random_intercept(model) if _tells_covariance(data) else None
    if start is None:
        return None
    directions = _list_directions(data.visits)
    covariance = start.variance_patient + start.variance_residual * np.eye(data.visits)
    fit = evaluate(data, covariance, directions)
    for _ in range(_MOST_STEPS):
        if fit is None:
            return None
        moved = _step(data, covariance, fit, directions)
        if moved is None:
            return None
        (fit, covariance), is_done = moved
        if is_done:
            return fit, covariance
        values = np.linalg.eigvalsh(covariance)
        if values[0] < _NEARLY_SINGULAR * values[-1]:
            return None
    return None


def _tells_covariance(data: RepeatedScores) -> bool:
    """Whether the restricted likelihood depends on every variance and covariance.

    The means by arm and visit take up a visit of which each arm has one score: of its variance nothing is left. Nor is there anything of
    a covariance of two visits without a patient seen at both.
    """
    together = np.zeros((data.visits, data.visits))
    active = np.zeros(data.visits)
    for pattern in data.patterns:
        together[np.ix_(pattern.seen, pattern.seen)] += pattern.patients
        active[pattern.seen] += pattern.products[np.arange(len(pattern.seen)), 2, np.arange(len(pattern.seen)), 2]
    scores = np.diag(together)
    free = scores - (active > 0) - (active < scores)
    return bool((together > 0).all() and (free > 0).all())


def _list_directions(visits: int) -> list[FloatArray]:
    directions = []
    for row in range(visits):
        for column in range(row, visits):
            direction = np.zeros((visits, visits))
            direction[row, column] = direction[column, row] = 1
            directions.append(direction)
    return directions


Moved = tuple[tuple[RestrictedFit, FloatArray], bool]


def _step(
    data: RepeatedScores, covariance: FloatArray, fit: RestrictedFit, directions: Sequence[FloatArray]
) -> Moved | None:
    """One step of Newton's method, or of Fisher's scoring where the likelihood is not concave; halved until it climbs."""
    matrix = fit.hessian if np.linalg.eigvalsh(fit.hessian)[0] > 0 else fit.expected
    try:
        change = -np.linalg.solve(matrix, fit.gradient)
    except np.linalg.LinAlgError:
        return None
    gain = -float(change @ fit.gradient)
    if abs(gain) < 1e-16 * max(1.0, abs(fit.log_likelihood)):
        return (fit, covariance), True
    for _ in range(_MOST_HALVINGS):
        candidate = covariance + np.einsum("r,rst->st", change, np.array(directions))
        moved = evaluate(data, candidate, directions)
        if moved is not None and moved.log_likelihood >= fit.log_likelihood - 1e-13 * abs(fit.log_likelihood):
            return (moved, candidate), False
        change = change / 2
    return None


def compute_satterthwaite(found: RandomIntercept, contrast: FloatArray, residual_df: int) -> ContrastTest:
    """A contrast with degrees of freedom after Satterthwaite (Biometrics Bulletin 1946;2:110-114).

    As Kuznetsova, Brockhoff and Christensen, Journal of Statistical Software 2017;82(13), with the observed information.
    """
    fit = found.fit
    variance = float(contrast @ fit.covariance @ contrast)
    df = _approximate_df(found, contrast, residual_df)
    return _test(float(contrast @ fit.beta), variance, df)


def _approximate_df(found: RandomIntercept, contrast: FloatArray, residual_df: int) -> float | None:
    if found.is_boundary:
        return float(residual_df)
    fit = found.fit
    lever = fit.covariance @ contrast
    gradient = np.array([-float(lever @ slope @ lever) for slope in fit.slopes])
    spread = float(gradient @ np.linalg.solve(fit.hessian, gradient)) * 2
    variance = float(contrast @ lever)
    return 2 * variance**2 / spread if spread > 0 else None


def _test(estimate: float, variance: float, df: float | None) -> ContrastTest:
    error = math.sqrt(variance)
    t = abs(estimate) / error
    p = None if df is None else float(2 * stats.t.sf(t, df))
    return ContrastTest(estimate, error, df, p, float(2 * stats.norm.sf(t)))


def judge_contrast(fit: RestrictedFit, contrast: FloatArray, df: float) -> ContrastTest:
    """A contrast with given degrees of freedom."""
    return _test(float(contrast @ fit.beta), float(contrast @ fit.covariance @ contrast), df)


def judge_term(found: RandomIntercept, contrasts: FloatArray, residual_df: int) -> TermTest | None:
    """F test of several contrasts: independent ones are formed, and their degrees of freedom combined.

    Fai and Cornelius, Journal of Statistical Computation and Simulation 1996;54:363-378. None where the contrasts have
    no variance.
    """
    fit, q = found.fit, len(contrasts)
    values, vectors = np.linalg.eigh(contrasts @ fit.covariance @ contrasts.T)
    if values[0] <= 0:
        return None
    independent = vectors.T @ contrasts
    f = float(((independent @ fit.beta) ** 2 / values).sum()) / q
    parts = [_approximate_df(found, row, residual_df) for row in independent]
    df = _combine([part for part in parts if part is not None], q)
    return TermTest(f, q, df, None if df is None else float(stats.f.sf(f, q, df)))


def _combine(parts: list[float], q: int) -> float | None:
    if len(parts) < q:
        return None
    if max(parts) - min(parts) < 1e-8:
        return float(np.mean(parts))
    if min(parts) <= 2:
        return 2.0
    expectation = sum(part / (part - 2) for part in parts)
    return 2 * expectation / (expectation - q) if expectation > q else None


def compute_kenward_roger(found: RandomIntercept, contrast: FloatArray) -> ContrastTest | None:
    """A contrast with the standard error and degrees of freedom of Kenward and Roger, Biometrics 1997;53:983-997."""
    fit = found.fit
    phi, parameters = fit.covariance, range(len(fit.slopes))
    try:
        spread = 2 * np.linalg.inv(fit.expected)
    except np.linalg.LinAlgError:
        return None
    middle = np.sum(
        [
            spread[r, s] * (fit.bends[r, s] - fit.slopes[r] @ phi @ fit.slopes[s])
            for r in parameters
            for s in parameters
        ],
        axis=0,
    )
    adjusted = phi + 2 * phi @ middle @ phi
    lever = phi @ contrast
    variance = float(contrast @ lever)
    gradient = np.array([float(lever @ slope @ lever) / variance for slope in fit.slopes])
    relative = float(gradient @ spread @ gradient)
    if relative <= 0:
        return None
    return _test(float(contrast @ fit.beta), float(contrast @ adjusted @ contrast), 2 / relative)
