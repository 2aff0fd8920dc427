"""The venous segments of a Doppler examination, in the order they are examined, and their names. Pure."""

from dataclasses import dataclass
from itertools import product

JUGULAR = ("R_IJV", "L_IJV")
VERTEBRAL = ("R_VV", "L_VV")
NECK = JUGULAR + VERTEBRAL
DEEP_CEREBRAL = ("R_DCV", "L_DCV")
VEINS = NECK + DEEP_CEREBRAL

LANDMARKS = ("J1", "J2", "J3")
POSTURE_LANDMARK = "J2"  # where the change of area between lying and sitting is measured
SUPINE, SITTING = "supine", "sitting"
POSTURES = (SUPINE, SITTING)

_VEIN_LABELS = {"IJV": "internal jugular", "VV": "vertebral", "DCV": "deep cerebral"}


@dataclass(frozen=True, slots=True)
class Segment:
    """A place in a vein, looked at in one posture. Only the jugular veins have landmarks."""

    vein: str
    landmark: str
    posture: str

    @property
    def key(self) -> str:
        return "_".join(part for part in (self.vein, self.landmark, self.posture) if part)

    @property
    def place(self) -> str:
        """The vein with its landmark, such as "right internal jugular J2"."""
        return f"{vein_label(self.vein)} {self.landmark}".strip()

    @property
    def label(self) -> str:
        return f"{self.place}, {self.posture}"

    @property
    def is_jugular(self) -> bool:
        return self.vein in JUGULAR


def vein_label(vein: str) -> str:
    side, _, kind = vein.partition("_")
    return f"{'right' if side == 'R' else 'left'} {_VEIN_LABELS[kind]}"


def _all_segments() -> tuple[Segment, ...]:
    jugular = [Segment(*parts) for parts in product(JUGULAR, LANDMARKS, POSTURES)]
    others = [Segment(vein, "", posture) for vein, posture in product(VERTEBRAL + DEEP_CEREBRAL, POSTURES)]
    return (*jugular, *others)


SEGMENTS = _all_segments()
BY_KEY = {segment.key: segment for segment in SEGMENTS}
