"""How the questionnaires are laid out and what belongs to the form."""

from trialsite.accounts.roles import Permission
from trialsite.protocol.model import Protocol
from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.quality_of_life.checks import FORM, check_quality_of_life, compute_quality_of_life
from visits.crfs.quality_of_life.model import QualityOfLife

_ITEMS_PER_SECTION = 18
# Instrument of the protocol -> how the title of its sections begins.
_TITLES = {"msqol54": "MSQOL-54", "fss": "FSS", "mfis": "MFIS", "bdi_fs": "BDI-FS", "msis29": "MSIS-29"}
_ASKED_OF_ALL = ("Assessment", "Sitting")


def _msqol_sections() -> tuple[Section, ...]:
    names = QualityOfLife.MSQOL
    starts = range(0, len(names), _ITEMS_PER_SECTION)
    return tuple(
        Section(
            f"MSQOL-54, items {start + 1} to {start + _ITEMS_PER_SECTION}", names[start : start + _ITEMS_PER_SECTION]
        )
        for start in starts
    )


def choose_instruments(sections: tuple[Section, ...], protocol: Protocol) -> tuple[Section, ...]:
    """The sections of the instruments that the protocol uses."""
    titles = tuple(_TITLES[key] for key in protocol.quality_of_life_instruments)
    return tuple(section for section in sections if section.title in _ASKED_OF_ALL or section.title.startswith(titles))


QUALITY_OF_LIFE = CrfDefinition(
    key=FORM,
    title="Quality of life",
    kind="visit",
    model=QualityOfLife,
    is_outcome=True,
    sections=(
        Section("Assessment", QualityOfLife.HEAD),
        Section("Sitting", ("completed_by", "language", "mode", "started_at", "ended_at")),
        *_msqol_sections(),
        Section("FSS", QualityOfLife.FSS),
        Section("MFIS", QualityOfLife.MFIS),
        Section("BDI-FS", QualityOfLife.BDI_FS, help="Look at item 7 before the patient leaves."),
        Section("MSIS-29", QualityOfLife.MSIS),
    ),
    check=check_quality_of_life,
    compute=compute_quality_of_life,
    choose_sections=choose_instruments,
    enter=frozenset({Permission.ENTER_DATA, Permission.ENTER_ASSESSMENTS}),
    instrument=FORM,
)
