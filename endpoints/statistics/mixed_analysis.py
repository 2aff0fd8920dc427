"""Everything that is told of repeated scores by mixed models: both fits, the tests of the terms, and the arms at each visit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from endpoints.statistics.mixed_models import (
    ContrastTest,
    RandomIntercept,
    RepeatedModel,
    TermTest,
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

TERMS = ("baseline", "arm", "visit", "arm:visit")


@dataclass(frozen=True, slots=True)
class AtVisit:
    """The difference active - reference at one visit, by each method; None where its model cannot be fitted."""

    satterthwaite: ContrastTest | None
    kenward_roger: ContrastTest | None
    unstructured: ContrastTest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedAnalysis:
    """Both models of score ~ baseline + arm x visit. `covariance` is the unstructured one, of the scores at the visits in squared points.

    Whatever cannot be told is None; `scores` and `patients` are the numbers that the models rest on.
    """

    scores: int
    patients: int
    residual_df: int | None
    random: RandomIntercept | None
    unstructured: RestrictedFit | None
    covariance: FloatArray | None
    terms: Mapping[str, TermTest | None]
    visits: tuple[AtVisit, ...]


def analyze_repeated(scores: FloatArray, baseline: FloatArray, is_active: FloatArray) -> MixedAnalysis:
    """The analysis of scores (patient x visit, NaN where missing) of the patients with a baseline."""
    model = make_repeated_model(scores, baseline, is_active)
    random = fit_random_intercept(model) if model else None
    unstructured, covariance = (fit_unstructured(model) if model else None) or (None, None)
    return MixedAnalysis(
        scores=model.scores.scores if model else 0,
        patients=model.scores.patients if model else 0,
        residual_df=model.scores.df if model else None,
        random=random,
        unstructured=unstructured,
        covariance=covariance,
        terms=_judge_terms(model, random),
        visits=tuple(_compare(model, random, unstructured, scores.shape[1])),
    )


def _judge_terms(model: RepeatedModel | None, random: RandomIntercept | None) -> dict[str, TermTest | None]:
    if model is None or random is None:
        return dict.fromkeys(TERMS)
    hypotheses = model.list_hypotheses()
    return {term: judge_term(random, hypotheses[term], model.scores.df) for term in TERMS}


def _compare(
    model: RepeatedModel | None, random: RandomIntercept | None, unstructured: RestrictedFit | None, visits: int
) -> Iterator[AtVisit]:
    for visit in range(visits):
        if model is None:
            yield AtVisit(None, None, None)
            continue
        contrast, df = model.contrast_arms(visit), model.scores.df
        yield AtVisit(
            compute_satterthwaite(random, contrast, df) if random else None,
            compute_kenward_roger(random, contrast) if random else None,
            judge_contrast(unstructured, contrast, df) if unstructured else None,
        )
