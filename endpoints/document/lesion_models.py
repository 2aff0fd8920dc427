"""New T2 lesions against the change of the VHISS."""

from collections.abc import Mapping

from endpoints.document.blocks import Block
from endpoints.document.changes import derive_change, derive_percent_change
from endpoints.document.cohort import Cohort
from endpoints.document.count_facts import derive_counts
from endpoints.document.models import fit_arms, write_coefficients, write_means, write_tests
from endpoints.statistics.numbers import FloatArray


def write_lesion_models(cohort: Cohort) -> Block:
    """Models A, B and C, and A with the change to the response visit, and in percent."""
    plan = cohort.plan
    change = derive_change(cohort, "vhiss", plan.final_visit)
    early = derive_change(cohort, "vhiss", plan.response_visit)
    percent = derive_percent_change(cohort, "vhiss", plan.final_visit)
    lesions = derive_counts(cohort, "new_t2_lesions").cumulative
    a = {"vhiss_change": change}
    b = a | {"vhiss_baseline": cohort.values("vhiss", plan.baseline_visit)}
    return {
        "A_change_plus_arm": _write_full(cohort, lesions, a),
        "B_change_plus_baseline_plus_arm": _write_full(cohort, lesions, b),
        "C_interaction": _write_full(cohort, lesions, a, "vhiss_change"),
        "A1_change_to_1m": _write_short(cohort, lesions, {"vhiss_change": early}, with_means=True),
        "A2_percent_change": _write_short(cohort, lesions, {"vhiss_pct_change": percent}, with_means=False),
    }


def _write_full(
    cohort: Cohort, lesions: FloatArray, covariates: Mapping[str, FloatArray], interaction: str | None = None
) -> Block:
    model, names = fit_arms(cohort, lesions, covariates, interaction), list(covariates)
    sign = " * " if interaction else " + "
    return {
        "formula": f"new_t2_lesions ~ {' + '.join(names)}{sign}arm",
        "fit": write_coefficients(model, names, interaction),
        "type2": write_tests(model.type_two if model else None, model, names, interaction),
        "type3_sum_contrasts": write_tests(
            model.type_three if model else None, model, names, interaction, with_intercept=True
        ),
        "type1": write_tests(model.type_one if model else None, model, names, interaction),
        "emmeans_at_covariate_means": write_means(model),
    }


def _write_short(
    cohort: Cohort, lesions: FloatArray, covariates: Mapping[str, FloatArray], *, with_means: bool
) -> Block:
    model, names = fit_arms(cohort, lesions, covariates), list(covariates)
    written = {
        "fit": write_coefficients(model, names),
        "type2": write_tests(model.type_two if model else None, model, names),
    }
    return written | ({"emmeans_at_covariate_means": write_means(model)} if with_means else {})
