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
        """Sum over the patients of [X y]' W [X y]."""
        summed: FloatArray = np.einsum("st,satb->ab", weights, self.products)
        return summed


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
    the covariance in parameter r, `bends[r][s]` is X'V^-1 G_r V^-1 G_s V^-1 X, as Kenward and Roger use them.
    """

    beta: FloatArray
    covariance: FloatArray
    log_likelihood: float
    gradient: FloatArray
    hessian: FloatArray
    expected: FloatArray
    slopes: tuple[FloatArray, ...]
    bends: tuple[tuple[FloatArray, ...], ...]


def evaluate(data: RepeatedScores, covariance: FloatArray, directions: Sequence[FloatArray]) -> RestrictedFit | None:
    """The fit where scores of a patient have this covariance (visit x visit); `directions` are its derivatives.

    None where the covariance is not positive definite or the terms are not estimable.
    """
    inverses = [_invert(covariance[np.ix_(p.seen, p.seen)]) for p in data.patterns]
    if any(inverse is None for inverse in inverses):
        return None
    pieces = [
        _Piece(pattern, inverse[0], inverse[1], [g[np.ix_(pattern.seen, pattern.seen)] for g in directions])
        for pattern, inverse in zip(data.patterns, inverses, strict=True)
        if inverse is not None
    ]
    total = _add([piece.pattern.weigh(piece.inverse) for piece in pieces])
    solved = _invert(total[:-1, :-1])
    if solved is None or np.linalg.cond(total[:-1, :-1]) > 1e14:
        return None
    phi, log_determinant = solved
    beta = phi @ total[:-1, -1]
    residual = np.append(-beta, 1.0)
    squares = float(residual @ total @ residual)
    deviance = data.df * math.log(2 * math.pi) + log_determinant + squares
    deviance += sum(piece.pattern.patients * piece.log_determinant for piece in pieces)
    return _differentiate(pieces, phi, beta, residual, -deviance / 2, range(len(directions)))


@dataclass(frozen=True)
class _Piece:
    pattern: Pattern
    inverse: FloatArray
    log_determinant: float
    directions: list[FloatArray]

    def sandwich(self, *order: int) -> FloatArray:
        """V^-1 G V^-1 ... V^-1 through the directions named."""
        product = self.inverse
        for position in order:
            product = product @ self.directions[position] @ self.inverse
        return product

    def trace(self, *order: int) -> float:
        """Trace of V^-1 G V^-1 G ..., over all patients of the pattern."""
        product = np.eye(len(self.inverse))
        for position in order:
            product = product @ self.inverse @ self.directions[position]
        return self.pattern.patients * float(np.trace(product))


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
    pieces: list[_Piece],
    phi: FloatArray,
    beta: FloatArray,
    residual: FloatArray,
    log_likelihood: float,
    parameters: range,
) -> RestrictedFit:
    first = [_add([p.pattern.weigh(p.sandwich(r)) for p in pieces]) for r in parameters]
    second = {(r, s): _add([p.pattern.weigh(p.sandwich(r, s)) for p in pieces]) for r in parameters for s in parameters}
    gradient, hessian, expected = (np.zeros(shape) for shape in (len(first), (len(first),) * 2, (len(first),) * 2))
    slopes = [-matrix[:-1, :-1] for matrix in first]
    tilts = [(matrix @ residual)[:-1] for matrix in first]
    for r in parameters:
        trace = sum(p.trace(r) for p in pieces) + float(np.trace(phi @ slopes[r]))
        gradient[r] = trace - float(residual @ first[r] @ residual)
        for s in parameters:
            bend = (second[r, s][:-1, :-1] + second[s, r][:-1, :-1]) / 2
            expected[r, s] = sum(p.trace(r, s) for p in pieces) - 2 * float(np.trace(phi @ bend))
            expected[r, s] += float(np.trace(phi @ slopes[r] @ phi @ slopes[s]))
            curvature = float(residual @ second[r, s] @ residual - tilts[r] @ phi @ tilts[s])
            hessian[r, s] = 2 * curvature - expected[r, s]
    bends = tuple(tuple(second[r, s][:-1, :-1] for s in parameters) for r in parameters)
    return RestrictedFit(beta, phi, log_likelihood, gradient, hessian, expected, tuple(slopes), bends)
