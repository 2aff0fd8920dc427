"""The VHISS over the visits by mixed models, with R's names for terms and coefficients."""

import math
from collections.abc import Sequence

import numpy as np

from endpoints.document.blocks import Block
from endpoints.document.cohort import Cohort, Mask
from endpoints.results import Paths, read_values
from endpoints.statistics.mixed_models import (
    RandomIntercept,
    RepeatedModel,
    compute_kenward_roger,
    compute_satterthwaite,
    fit_random_intercept,
    fit_unstructured,
    judge_contrast,
    judge_term,
    make_repeated_model,
)
from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.repeated_measures import RestrictedFit

_TERM: Paths = {"f": "f", "num_df": "numerator_df", "den_df": "denominator_df", "p": "p"}
_TERMS = {"b": "baseline", "arm": "arm", "visit": "visit", "arm:visit": "arm:visit"}
_AT_VISIT = {"estimate": "estimate", "se": "se"}


def write_mixed_model(cohort: Cohort) -> Block:
    """VHISS ~ baseline + arm x visit over all scores after the procedure of patients with a baseline."""
    visits = cohort.plan.course_visits
    scores, baseline, kept = _collect_scores(cohort)
    model = make_repeated_model(scores, baseline, cohort.is_active[kept])
    random = fit_random_intercept(model) if model else None
    return {
        "n_obs": int((~np.isnan(scores)).sum()),
        "n_subjects": len(scores),
        "gls_unstructured": _write_unstructured(model, visits),
        "lme_random_intercept": _write_components(random, visits),
        "lmer_random_intercept": _write_tests(model, random, visits),
    }


def _collect_scores(cohort: Cohort) -> tuple[FloatArray, FloatArray, Mask]:
    """Scores by visit and baselines of the compared patients who have a baseline and a score; and who they are."""
    scores = np.column_stack([cohort.values("vhiss", visit) for visit in cohort.plan.course_visits])
    baseline = cohort.values("vhiss", cohort.plan.baseline_visit)
    kept = cohort.is_compared & ~np.isnan(baseline) & ~np.isnan(scores).all(axis=1)
    return scores[kept], baseline[kept], kept


def _name_coefficients(visits: Sequence[str]) -> list[str]:
    later = [f"visit{visit}" for visit in visits[1:]]
    return ["(Intercept)", "b", "armtreated", *later, *(f"armtreated:{name}" for name in later)]


def _write_fixed(fit: RestrictedFit | None, visits: Sequence[str]) -> Block:
    names = _name_coefficients(visits)
    if fit is None:
        return {name: {"estimate": None, "se": None} for name in names}
    errors = np.sqrt(np.diag(fit.covariance)).tolist()
    return {
        name: {"estimate": estimate, "se": error}
        for name, estimate, error in zip(names, fit.beta.tolist(), errors, strict=True)
    }


def _write_unstructured(model: RepeatedModel | None, visits: Sequence[str]) -> Block:
    found = fit_unstructured(model) if model else None
    fit, covariance = found or (None, None)
    return {
        "reml_loglik": fit.log_likelihood if fit else None,
        "fixed": _write_fixed(fit, visits),
        "sigma": None if covariance is None else math.sqrt(covariance[0, 0]),
        "vcov_unstructured": _write_matrix(covariance, len(visits)),
        "diff_by_visit": {visit: _write_difference(model, fit, position) for position, visit in enumerate(visits)},
    }


def _write_matrix(matrix: FloatArray | None, size: int) -> list[list[float | None]]:
    return [[None] * size for _ in range(size)] if matrix is None else matrix.tolist()


def _write_difference(model: RepeatedModel | None, fit: RestrictedFit | None, position: int) -> Block:
    df = model.scores.df if model and fit else None
    test = judge_contrast(fit, model.contrast_arms(position), df) if model and fit and df else None
    paths = _AT_VISIT | {"p_z": "p_normal", "p_t_residual_df": "p"}
    return read_values(test, paths) | {"residual_df": df}


def _write_components(random: RandomIntercept | None, visits: Sequence[str]) -> Block:
    return {
        "reml_loglik": random.fit.log_likelihood if random else None,
        "fixed": _write_fixed(random.fit if random else None, visits),
        "sd_subject": math.sqrt(random.variance_patient) if random else None,
        "sd_residual": math.sqrt(random.variance_residual) if random else None,
    }


def _write_tests(model: RepeatedModel | None, random: RandomIntercept | None, visits: Sequence[str]) -> Block:
    found = (model, random) if model and random else None
    return {
        "reml_loglik": random.fit.log_likelihood if random else None,
        "var_subject": random.variance_patient if random else None,
        "var_residual": random.variance_residual if random else None,
        "fixed": _write_fixed(random.fit if random else None, visits),
        "type3_satterthwaite": _write_terms(found),
        "diff_by_visit": {visit: _write_visit(found, position) for position, visit in enumerate(visits)},
    }


Found = tuple[RepeatedModel, RandomIntercept] | None


def _write_terms(found: Found) -> Block:
    if found is None:
        return {name: read_values(None, _TERM) for name in _TERMS}
    model, random = found
    hypotheses = model.list_hypotheses()
    return {
        name: read_values(judge_term(random, hypotheses[term], model.scores.df), _TERM) for name, term in _TERMS.items()
    }


def _write_visit(found: Found, position: int) -> Block:
    satterthwaite, kenward_roger = None, None
    if found is not None:
        model, random = found
        contrast = model.contrast_arms(position)
        satterthwaite = compute_satterthwaite(random, contrast, model.scores.df)
        kenward_roger = compute_kenward_roger(random, contrast)
    paths = _AT_VISIT | {"df_satterthwaite": "df", "p_satterthwaite": "p", "p_z": "p_normal"}
    adjusted = {"se_kr": "se", "df_kr": "df", "p_kr": "p"}
    return read_values(satterthwaite, paths) | read_values(kenward_roger, adjusted)
