"""The whole document: every part of the plan, and how its numbers are written as JSON."""

import json
import math
from collections.abc import Callable, Mapping

from endpoints.document.blocks import Block
from endpoints.document.changes import write_changes, write_open_changes
from endpoints.document.cohort import Cohort
from endpoints.document.counts import write_counts
from endpoints.document.events import write_adverse_events
from endpoints.document.lesion_models import write_lesion_models
from endpoints.document.mixed_model import write_mixed_model
from endpoints.document.people import write_demographics, write_descriptives
from endpoints.document.relapse_time import write_relapse_times
from endpoints.document.response import write_response
from endpoints.facts import TrialFacts

PARTS: Mapping[str, Callable[[Cohort], Block]] = {
    "demographics": write_demographics,
    "descriptives": write_descriptives,
    "vhiss_response": write_response,
    "phase1_paired": write_open_changes,
    "counts": write_counts,
    "ancova_t2": write_lesion_models,
    "change": write_changes,
    "time_to_first_relapse": write_relapse_times,
    "adverse_events": write_adverse_events,
    "mixed_model_vhiss": write_mixed_model,
}


def write_document(facts: TrialFacts) -> Block:
    """Every number of the plan, by part; undefined numbers are None. Facts need arms."""
    cohort = Cohort(facts)
    return {name: write(cohort) for name, write in PARTS.items()}


def encode_document(document: Block) -> str:
    """JSON with null for what is undefined and the texts Inf and -Inf for what is infinite; numbers at full precision."""
    return json.dumps(_make_plain(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _make_plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _make_plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_make_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    return value
