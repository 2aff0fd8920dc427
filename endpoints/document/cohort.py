"""The facts of a trial as arrays: one entry per patient, in order of their numbers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from endpoints.facts import AnalysisPlan, TrialFacts
from endpoints.statistics.numbers import FloatArray

ARMS = ("open", "sham", "treated")
COMPARED = ("treated", "sham")
"""Active arm first: differences are treated - sham, ratios treated / sham."""

_PHASES = {"open": 1, "sham": 2, "treated": 2}

Mask = np.ndarray
"""True for the patients meant."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """Patients by arm, and any outcome at any visit as an array over them."""

    facts: TrialFacts

    @property
    def plan(self) -> AnalysisPlan:
        return self.facts.plan

    @property
    def _patients(self) -> pd.DataFrame:
        return self.facts.patients

    @cached_property
    def subjects(self) -> list[str]:
        return [str(subject) for subject in self._patients.index]

    @cached_property
    def arms(self) -> list[str | None]:
        """The arm of each patient."""
        return [None if pd.isna(arm) else str(arm) for arm in self._patients["arm"]]

    @cached_property
    def members(self) -> dict[str, Mask]:
        """Who is in each arm; phases are never pooled, so an arm belongs to one."""
        arm, phase = self._patients["arm"].to_numpy(), self._patients["phase"].to_numpy()
        return {name: np.asarray((arm == name) & (phase == _PHASES[name])) for name in ARMS}

    @cached_property
    def is_compared(self) -> Mask:
        """Patients of the two arms that are compared."""
        return np.asarray(self.members["treated"] | self.members["sham"])

    @cached_property
    def is_active(self) -> FloatArray:
        return self.members["treated"].astype(np.float64)

    @property
    def ages(self) -> FloatArray:
        ages: FloatArray = self._patients["age"].to_numpy(dtype=np.float64)
        return ages

    @property
    def sexes(self) -> np.ndarray:
        sexes: np.ndarray = self._patients["sex"].to_numpy()
        return sexes

    @cached_property
    def _rows(self) -> dict[str, tuple[np.ndarray, pd.DataFrame]]:
        """By visit: the positions of the patients seen, and their rows."""
        visits = self.facts.visits
        positions = self._patients.index.get_indexer(pd.Index(visits["subject"]))
        rows = {}
        for visit in self.plan.visits:
            at = (visits["visit"] == visit).to_numpy()
            rows[visit] = positions[at], visits[at]
        return rows

    def values(self, column: str, visit: str) -> FloatArray:
        """An outcome, or the study day, at a visit; NaN where there is none."""
        positions, rows = self._rows[visit]
        values = np.full(len(self._patients), np.nan)
        values[positions] = rows[column].to_numpy(dtype=np.float64)
        return values

    def find(self, subjects: "pd.Series[str]") -> np.ndarray:
        """Position of each subject."""
        positions: np.ndarray = self._patients.index.get_indexer(pd.Index(subjects))
        return positions
