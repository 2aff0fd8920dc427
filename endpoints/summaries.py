"""Facts to statistic rows, one function per family of endpoints.

Each takes the facts and a grouping: by arm for those who may know arms, pooled for the others.
A comparison is computed only where the grouping names one. Rows whose number is undefined are
written with no value, so that a report has the same shape whatever the data.
"""

from endpoints.families.adverse_events import summarize_adverse_events
from endpoints.families.baseline import summarize_baseline, summarize_descriptives
from endpoints.families.blinded_spread import summarize_blinded_spread
from endpoints.families.blinding import summarize_guesses
from endpoints.families.change import summarize_change, summarize_course
from endpoints.families.conduct import summarize_conduct, summarize_visit_days
from endpoints.families.counts import summarize_lesions, summarize_planned_rates, summarize_relapses
from endpoints.families.lesion_models import summarize_lesion_models
from endpoints.families.mixed_model import summarize_mixed_model
from endpoints.families.relapse_time import summarize_time_to_relapse, summarize_time_to_report
from endpoints.families.response import summarize_response
from endpoints.families.standardized import summarize_standardized
from endpoints.families.stopping import summarize_stopping_watch

__all__ = [
    "summarize_adverse_events",
    "summarize_baseline",
    "summarize_blinded_spread",
    "summarize_change",
    "summarize_conduct",
    "summarize_course",
    "summarize_descriptives",
    "summarize_guesses",
    "summarize_lesion_models",
    "summarize_lesions",
    "summarize_mixed_model",
    "summarize_planned_rates",
    "summarize_relapses",
    "summarize_response",
    "summarize_standardized",
    "summarize_stopping_watch",
    "summarize_time_to_relapse",
    "summarize_time_to_report",
    "summarize_visit_days",
]
