"""The list of forms of this app, by key, in the order people meet them."""

from trialsite.records.crf import CrfDefinition
from visits.crfs.vital_signs.form import VITAL_SIGNS

CRFS: dict[str, CrfDefinition] = {definition.key: definition for definition in (VITAL_SIGNS,)}


def get_crf(key: str) -> CrfDefinition | None:
    return CRFS.get(key)
