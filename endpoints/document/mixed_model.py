"""The VHISS over the visits by mixed models, with R's names for terms and coefficients."""

import math
from collections.abc import Sequence

import numpy as np

from endpoints.document.blocks import Block
from endpoints.document.cohort import Cohort, Mask
from endpoints.results import Paths, read_values
from endpoints.statistics.mixed_analysis import AtVisit, MixedAnalysis, analyze_repeated
from endpoints.statistics.mixed_models import RandomIntercept
from endpoints.statistics.numbers import FloatArray
from endpoints.statistics.repeated_measures import RestrictedFit

_TERM: Paths = {"f": "f", "num_df": "numerator_df", "den_df": "denominator_df", "p": "p"}
_TERMS = {"b": "baseline", "arm": "arm", "visit": "visit", "arm:visit": "arm:visit"}
_AT_VISIT = {"estimate": "estimate", "se": "se"}


def write_mixed_model(cohort: Cohort) -> Block:
    """VHISS ~ baseline + arm x visit over all scores after the procedure of patients with a baseline."""
    visits = cohort.plan.course_visits
    scores, baseline, kept = _collect_scores(cohort)
    found = analyze_repeated(scores, baseline, cohort.is_active[kept])
    return {
        "n_obs": int((~np.isnan(scores)).sum()),
        "n_subjects": len(scores),
        "gls_unstructured": _write_unstructured(found, visits),
        "lme_random_intercept": _write_components(found.random, visits),
        "lmer_random_intercept": _write_tests(found, visits),
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


def _write_unstructured(found: MixedAnalysis, visits: Sequence[str]) -> Block:
    fit, covariance = found.unstructured, found.covariance
    df = found.residual_df if fit else None
    return {
        "reml_loglik": fit.log_likelihood if fit else None,
        "fixed": _write_fixed(fit, visits),
        "sigma": None if covariance is None else math.sqrt(covariance[0, 0]),
        "vcov_unstructured": _write_matrix(covariance, len(visits)),
        "diff_by_visit": {
            visit: read_values(at.unstructured, _AT_VISIT | {"p_z": "p_normal", "p_t_residual_df": "p"})
            | {"residual_df": df}
            for visit, at in zip(visits, found.visits, strict=True)
        },
    }


def _write_matrix(matrix: FloatArray | None, size: int) -> list[list[float | None]]:
    return [[None] * size for _ in range(size)] if matrix is None else matrix.tolist()


def _write_components(random: RandomIntercept | None, visits: Sequence[str]) -> Block:
    return {
        "reml_loglik": random.fit.log_likelihood if random else None,
        "fixed": _write_fixed(random.fit if random else None, visits),
        "sd_subject": math.sqrt(random.variance_patient) if random else None,
        "sd_residual": math.sqrt(random.variance_residual) if random else None,
    }


def _write_tests(found: MixedAnalysis, visits: Sequence[str]) -> Block:
    random = found.random
    return {
        "reml_loglik": random.fit.log_likelihood if random else None,
        "var_subject": random.variance_patient if random else None,
        "var_residual": random.variance_residual if random else None,
        "fixed": _write_fixed(random.fit if random else None, visits),
        "type3_satterthwaite": {name: read_values(found.terms[term], _TERM) for name, term in _TERMS.items()},
        "diff_by_visit": {visit: _write_visit(at) for visit, at in zip(visits, found.visits, strict=True)},
    }


def _write_visit(at: AtVisit) -> Block:
    paths = _AT_VISIT | {"df_satterthwaite": "df", "p_satterthwaite": "p", "p_z": "p_normal"}
    adjusted = {"se_kr": "se", "df_kr": "df", "p_kr": "p"}
    return read_values(at.satterthwaite, paths) | read_values(at.kenward_roger, adjusted)
