"""What a snapshot freezes, as one text: everything that all reports are computed from, but for the arms. Pure.

The text is canonical JSON: the same trial always gives the same characters. The arms stand apart as one digit a patient,
in the order of the patients' ids, so that nothing about the text, not even its length, depends on them. So do, in lines of their own,
what was done and who was never exposed; what was frozen before there were analysis sets has the first line alone.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from endpoints.flow import Participant
from endpoints.layout import (
    AnalysisSets,
    AnalyzedPatient,
    GuessMade,
    ProcedureDone,
    RecordedFacts,
    ReportInput,
    SeenVisit,
)
from trialsite.protocol.load import parse_protocol
from trialsite.protocol.model import Protocol

FORMAT = 1
WHOLE_TRIAL = "*"
"""The key of the recorded facts of all forms together, beside those of each report."""

_DAYS = ("registered_on", "entered_on", "procedure_on", "withdrawn_on", "died_on")
_NO_ARM = "-"
_NEVER_EXPOSED, _EXPOSED = "1", "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenTrial:
    """The protocol file, the patients, the recorded facts by key of the report, the arms, and what the manifest says."""

    protocol_file: bytes
    participants: tuple[Participant, ...]
    recorded: Mapping[str, RecordedFacts]
    arms: Mapping[UUID, str]
    manifest: tuple[tuple[str, str], ...]
    salt: str
    sets: AnalysisSets | None = None

    @property
    def protocol(self) -> Protocol:
        return _parse_once(self.protocol_file)

    def input_of(self, key: str) -> ReportInput:
        """What the report with this key is computed from, with arms.

        A report that was not there when the trial was frozen is computed from the facts of all forms.
        """
        recorded = self.recorded.get(key) or self.recorded.get(WHOLE_TRIAL, RecordedFacts())
        return ReportInput(
            protocol=self.protocol, participants=self.participants, recorded=recorded, arms=self.arms, sets=self.sets
        )


@lru_cache(maxsize=4)
def _parse_once(file: bytes) -> Protocol:
    return parse_protocol(file, "the protocol of the snapshot")


def freeze(trial: FrozenTrial) -> tuple[str, str]:
    """The text, and the arms as digits."""
    content: dict[str, object] = {
        "format": FORMAT,
        "salt": trial.salt,
        "manifest": trial.manifest,
        "protocol": base64.b64encode(trial.protocol_file).decode(),
        "participants": [asdict(one) for one in trial.participants],
        "recorded": {key: asdict(facts) for key, facts in trial.recorded.items()},
    }
    if trial.sets is not None:
        told = {
            "untreated": [asdict(one) for one in trial.sets.untreated],
            "per_protocol": sorted(trial.sets.per_protocol),
        }
        content["sets"] = told
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_to_text)
    return text, _write_secrets(trial)


def thaw(text: str, arms: str) -> FrozenTrial:
    """What was frozen. Raises `ValueError` for a format that this version does not know."""
    content = json.loads(text)
    if content["format"] != FORMAT:
        raise ValueError(f"This snapshot has format {content['format']}; this version reads format {FORMAT}.")
    participants = tuple(_thaw_participant(one) for one in content["participants"])
    file = base64.b64decode(content["protocol"])
    first, *others = arms.split("\n")
    return FrozenTrial(
        protocol_file=file,
        participants=participants,
        recorded={key: _thaw_recorded(one) for key, one in content["recorded"].items()},
        arms=_read_arms(first, participants, _parse_once(file)),
        manifest=tuple((name, value) for name, value in content["manifest"]),
        salt=content["salt"],
        sets=_thaw_sets(content["sets"], others, participants, _parse_once(file)) if "sets" in content else None,
    )


def digest(text: str, arms: str) -> str:
    """SHA-256 over both. The salt in the text keeps anybody from finding the arms by trying all of them."""
    return hashlib.sha256(f"{text}\n{arms}\n".encode()).hexdigest()


def _to_text(value: object) -> str:
    if isinstance(value, UUID | date):
        return str(value)
    raise TypeError(f"A snapshot cannot hold a {type(value).__name__}.")


def _keys_of(protocol: Protocol) -> list[str]:
    return sorted({arm for phase in protocol.phases for arm in phase.arms})


def _write_secrets(trial: FrozenTrial) -> str:
    """One character a patient in each line: the arm drawn and, with analysis sets, the arm done and whether never exposed."""
    lines = [_write_arms(trial, trial.arms)]
    if trial.sets is not None:
        never = trial.sets.never_exposed
        patients = sorted(one.patient_id for one in trial.participants)
        exposure = "".join(_NEVER_EXPOSED if one in never else _EXPOSED for one in patients)
        lines += [_write_arms(trial, trial.sets.done), exposure]
    return "\n".join(lines)


def _write_arms(trial: FrozenTrial, arms: Mapping[UUID, str]) -> str:
    keys = _keys_of(trial.protocol)
    if len(keys) > 10:
        raise ValueError("A snapshot tells ten arms apart, no more.")
    patients = sorted(one.patient_id for one in trial.participants)
    return "".join(str(keys.index(arms[one])) if one in arms else _NO_ARM for one in patients)


def _read_arms(arms: str, participants: tuple[Participant, ...], protocol: Protocol) -> dict[UUID, str]:
    keys = _keys_of(protocol)
    patients = sorted(one.patient_id for one in participants)
    return {one: keys[int(digit)] for one, digit in zip(patients, arms, strict=True) if digit != _NO_ARM}


def _thaw_participant(values: dict[str, Any]) -> Participant:
    days = {name: date.fromisoformat(values[name]) for name in _DAYS if values[name] is not None}
    typed = {"patient_id": UUID(values["patient_id"]), "failure_reasons": tuple(values["failure_reasons"])}
    return Participant(**(values | days | typed))


def _thaw_sets(
    told: dict[str, Any], lines: list[str], participants: tuple[Participant, ...], protocol: Protocol
) -> AnalysisSets:
    done, exposure = lines
    patients = sorted(one.patient_id for one in participants)
    return AnalysisSets(
        untreated=_thaw_patients(told["untreated"]),
        per_protocol=frozenset(map(UUID, told["per_protocol"])),
        done=_read_arms(done, participants, protocol),
        never_exposed=frozenset(one for one, mark in zip(patients, exposure, strict=True) if mark == _NEVER_EXPOSED),
    )


def _thaw_patients(told: list[dict[str, Any]]) -> tuple[AnalyzedPatient, ...]:
    return tuple(AnalyzedPatient(**(one | {"patient_id": UUID(one["patient_id"])})) for one in told)


def _thaw_recorded(values: dict[str, Any]) -> RecordedFacts:
    return RecordedFacts(
        patients=_thaw_patients(values["patients"]),
        visits=tuple(SeenVisit(**one) for one in values["visits"]),
        adverse_events=tuple(values["adverse_events"]),
        relapses=tuple(values["relapses"]),
        drafts=values["drafts"],
        logged_relapses=values["logged_relapses"],
        guesses=tuple(
            GuessMade(**(one | {"patient_id": UUID(one["patient_id"])}))
            for one in values.get("guesses", ())  # frozen before there was a report on them
        ),
        procedures=tuple(
            ProcedureDone(**(one | {"patient_id": UUID(one["patient_id"])})) for one in values.get("procedures", ())
        ),
    )
