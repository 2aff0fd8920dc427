"""Restricted likelihood of repeated scores, from cross products per pattern of attendance.

All patients seen at the same visits share a covariance matrix. So their scores and covariates enter every number only
through their summed cross products: one pass over the data, and each step of a fit costs the same for twenty patients
as for a hundred thousand. Laird and Ware, Biometrics 1982;38:963-974; Lindstrom and Bates, Journal of the American
Statistical Association 1988;83:1014-1022.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from endpoints.statistics.numbers import FloatArray, IntArray


@dataclass(frozen=True)
class Pattern:
    """Patients seen at the same visits: how many, at which positions, and their cross products.

    `products[s, :, t, :]` sums, over the patients, covariates and score at one visit times those at another.
    """

    patients: int
    seen: IntArray
    products: FloatArray

    def weigh(self, weights: FloatArray) -> FloatArray:
        """Sums over the patients of [X y]' W [X y], for each W of a stack."""
        size, width = len(self.seen), self.products.shape[1]
        flat = self.products.transpose(0, 2, 1, 3).reshape(size * size, width * width)
        return (weights.reshape(-1, size * size) @ flat).reshape(-1, width, width)


@dataclass(frozen=True)
class RepeatedScores:
    """Scores (patient x visit, NaN where missing) as patterns, with a design of one row per score."""

    patterns: tuple[Pattern, ...]
    terms: int
    visits: int

    @property
    def scores(self) -> int:
        return sum(pattern.patients * len(pattern.seen) for pattern in self.patterns)

    @property
    def patients(self) -> int:
        return sum(pattern.patients for pattern in self.patterns)

    @property
    def df(self) -> int:
        return self.scores - self.terms


def collect_patterns(scores: FloatArray, designs: FloatArray) -> RepeatedScores:
    """Patterns from scores (patient x visit) and designs (patient x visit x term); patients without a score drop out."""
    seen = ~np.isnan(scores)
    codes = seen @ (1 << np.arange(scores.shape[1]))
    patterns = []
    for code in np.unique(codes[codes > 0]).tolist():
        members = codes == code
        visits = np.flatnonzero([code >> position & 1 for position in range(scores.shape[1])])
        both = np.concatenate([designs[members], scores[members][:, :, None]], axis=2)[:, visits]
        width = both.shape[2]
        flat = both.reshape(len(both), -1)
        products = (flat.T @ flat).reshape(len(visits), width, len(visits), width)
        patterns.append(Pattern(len(both), visits, products))
    return RepeatedScores(tuple(patterns), designs.shape[2], scores.shape[1])


@dataclass(frozen=True)
class RestrictedFit:
    """The restricted likelihood at given covariances, with its derivatives in their parameters.

    `covariance` belongs to the coefficients `beta`. `gradient` and `hessian` are of the deviance (minus twice the log
    likelihood); `expected` is the expectation of `hessian`. `slopes[r]` is -X'V^-1 G_r V^-1 X for the derivative G_r of
    the covariance in parameter r, `bends[r, s]` is X'V^-1 G_r V^-1 G_s V^-1 X, as Kenward and Roger use them.
    """

    beta: FloatArray
    covariance: FloatArray
    log_likelihood: float
    gradient: FloatArray
    hessian: FloatArray
    expected: FloatArray
    slopes: FloatArray
    bends: FloatArray


def evaluate(data: RepeatedScores, covariance: FloatArray, directions: Sequence[FloatArray]) -> RestrictedFit | None:
    """The fit where scores of a patient have this covariance (visit x visit); `directions` are its derivatives.

    None where the covariance is not positive definite or the terms are not estimable.
    """
    pieces = [_make_piece(pattern, covariance, np.array(directions)) for pattern in data.patterns]
    if any(piece is None for piece in pieces):
        return None
    whole = [piece for piece in pieces if piece is not None]
    total = _add([piece.total for piece in whole])
    solved = _invert(total[:-1, :-1])
    if solved is None or np.linalg.cond(total[:-1, :-1]) > 1e14:
        return None
    phi, log_determinant = solved
    beta = phi @ total[:-1, -1]
    residual = np.append(-beta, 1.0)
    deviance = data.df * math.log(2 * math.pi) + log_determinant + float(residual @ total @ residual)
    deviance += sum(piece.log_determinant for piece in whole)
    return _differentiate(whole, phi, beta, residual, -deviance / 2)


@dataclass(frozen=True)
class _Piece:
    """What one pattern adds to the sums: [X y]'V^-1[X y], and the same with one or two derivatives G of V within.

    `traces` holds the traces of V^-1 G, `double_traces` those of V^-1 G V^-1 G, over all patients.
    """

    total: FloatArray
    log_determinant: float
    first: FloatArray
    second: FloatArray
    traces: FloatArray
    double_traces: FloatArray


def _make_piece(pattern: Pattern, covariance: FloatArray, directions: FloatArray) -> _Piece | None:
    seen = np.ix_(pattern.seen, pattern.seen)
    inverted = _invert(covariance[seen])
    if inverted is None:
        return None
    inverse, log_determinant = inverted
    turned = inverse @ directions[:, seen[0], seen[1]]
    double = np.einsum("rij,sjk->rsik", turned, turned)
    return _Piece(
        total=pattern.weigh(inverse)[0],
        log_determinant=pattern.patients * log_determinant,
        first=pattern.weigh(turned @ inverse),
        second=pattern.weigh(double @ inverse).reshape(*double.shape[:2], *pattern.products.shape[1::2]),
        traces=pattern.patients * np.einsum("rii->r", turned),
        double_traces=pattern.patients * np.einsum("rsii->rs", double),
    )


def _invert(matrix: FloatArray) -> tuple[FloatArray, float] | None:
    """Inverse and logarithm of the determinant; None unless positive definite."""
    try:
        root = np.linalg.inv(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        return None
    return root.T @ root, -2 * float(np.log(np.diag(root)).sum())


def _add(matrices: list[FloatArray]) -> FloatArray:
    summed: FloatArray = np.sum(matrices, axis=0)
    return summed


def _differentiate(
    pieces: list[_Piece], phi: FloatArray, beta: FloatArray, residual: FloatArray, log_likelihood: float
) -> RestrictedFit:
    first, second = _add([p.first for p in pieces]), _add([p.second for p in pieces])
    slopes, bends = -first[:, :-1, :-1], second[:, :, :-1, :-1]
    tilts = (first @ residual)[:, :-1]
    lowered = phi @ slopes
    expected = _add([p.double_traces for p in pieces]) - 2 * np.einsum("ij,rsji->rs", phi, bends)
    expected += np.einsum("rij,sji->rs", lowered, lowered)
    curvature = np.einsum("i,rsij,j->rs", residual, second, residual) - tilts @ phi @ tilts.T
    traces = _add([p.traces for p in pieces]) + np.einsum("rii->r", lowered)
    return RestrictedFit(
        beta=beta,
        covariance=phi,
        log_likelihood=log_likelihood,
        gradient=traces - np.einsum("i,rij,j->r", residual, first, residual),
        hessian=2 * curvature - expected,
        expected=expected,
        slopes=slopes,
        bends=bends,
    )
