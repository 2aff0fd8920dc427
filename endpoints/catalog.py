"""The reports there are: their address, title, and the forms each one is computed from. Pure."""

from dataclasses import dataclass

RELAPSE_FORMS = frozenset({"relapse_check", "relapse"})
FORM_OF_OUTCOME = {
    "vhiss": "doppler",
    "new_ce_lesions": "mri",
    "new_t2_lesions": "mri",
    "relapses": "relapse_check",
    "edss": "edss",
    "pbvc": "mri",
    "sdmt": "cognition",
    "pasat": "cognition",
    "msqol_physical": "quality_of_life",
    "msqol_mental": "quality_of_life",
}
"""Where each outcome is recorded."""

FLOW, BASELINE, SAFETY = "Flow", "Baseline", "Safety"
PRIMARY, SECONDARY, SENSITIVITY = "Primary efficacy", "Secondary", "Sensitivity"


@dataclass(frozen=True, slots=True)
class ReportKind:
    """`forms` are the keys of the forms that are read; `shows_vhiss` that it holds the VHISS after the procedure.

    `family` is the group of reports it stands in.
    A report that is not divided by arm is the same for everyone, and nobody's arm is read for it.
    One that `needs_arms` has nothing to say of both arms together: it exists for those alone who read reports by arm.
    """

    key: str
    family: str
    title: str
    question: str
    forms: frozenset[str] = frozenset()
    shows_vhiss: bool = False
    has_listing: bool = True
    is_divided: bool = True
    has_sets: bool = True
    """Whether it can be computed on each analysis set. The flow, and what lays the sets side by side, cannot."""
    needs_arms: bool = False
    lists_by_arm_only: bool = False
    """Whether its values of single patients are for those alone who read reports by arm."""


REPORTS = {
    kind.key: kind
    for kind in (
        ReportKind(
            "flow", FLOW, "Flow of patients", "Who was assessed, entered, was treated and analyzed?", has_sets=False
        ),
        ReportKind(
            "accrual",
            FLOW,
            "Accrual",
            "How fast do patients come?",
            has_listing=False,
            is_divided=False,
            has_sets=False,
        ),
        ReportKind(
            "sample-size",
            FLOW,
            "Sample size, blinded",
            "Does the spread of the outcomes fit the planned number of patients?",
            RELAPSE_FORMS | {"doppler", "mri"},
            shows_vhiss=True,
            is_divided=False,
            has_sets=False,
        ),
        ReportKind(
            "missing",
            FLOW,
            "Populations and missing data",
            "Who is in which analysis, and which values are not there?",
            frozenset(FORM_OF_OUTCOME.values()),
            shows_vhiss=True,
            has_sets=False,
        ),
        ReportKind(
            "baseline",
            BASELINE,
            "Baseline",
            "Who are the patients?",
            frozenset({"doppler", "edss", "cognition", "quality_of_life"}),
        ),
        ReportKind(
            "safety",
            SAFETY,
            "Safety",
            "Which adverse events happened, and when?",
            frozenset({"adverse_event"}),
        ),
        ReportKind(
            "conduct",
            SAFETY,
            "Conduct of the procedure",
            "Do times, choices or persons go with the arm?",
            frozenset({"procedure"}),
            needs_arms=True,
        ),
        ReportKind(
            "effects",
            PRIMARY,
            "All effects",
            "How do the differences look beside each other?",
            frozenset(FORM_OF_OUTCOME.values()),
            shows_vhiss=True,
            has_listing=False,
            needs_arms=True,
        ),
        ReportKind(
            "vhiss",
            PRIMARY,
            "Venous outflow (VHISS)",
            "Did the venous outflow get better, and did it stay so?",
            frozenset({"doppler"}),
            shows_vhiss=True,
        ),
        ReportKind("lesions", PRIMARY, "MRI lesions", "How many new lesions appeared?", frozenset({"mri"})),
        ReportKind(
            "relapses",
            PRIMARY,
            "Relapses",
            "How often did the disease relapse?",
            RELAPSE_FORMS | {"adverse_event"},
        ),
        ReportKind(
            "models",
            PRIMARY,
            "Lesions and venous outflow",
            "Do new lesions go with the change of the venous outflow?",
            frozenset({"doppler", "mri"}),
            shows_vhiss=True,
            needs_arms=True,
        ),
        ReportKind("disability", SECONDARY, "Disability (EDSS)", "Did disability change?", frozenset({"edss"})),
        ReportKind("brain-volume", SECONDARY, "Brain volume", "Did the brain lose volume?", frozenset({"mri"})),
        ReportKind("cognition", SECONDARY, "Cognition", "Did cognition change?", frozenset({"cognition"})),
        ReportKind(
            "quality-of-life",
            SECONDARY,
            "Quality of life",
            "Did quality of life change?",
            frozenset({"quality_of_life"}),
        ),
        ReportKind(
            "sensitivity",
            SENSITIVITY,
            "Sensitivity",
            "Would other methods, or other rules for what is missing, say the same?",
            RELAPSE_FORMS | {"doppler", "mri"},
            shows_vhiss=True,
            has_sets=False,
        ),
        ReportKind(
            "blinding",
            SENSITIVITY,
            "Blinding",
            "What do patients and raters believe, and is it more than chance?",
            frozenset({"blinding_guess"}),
            lists_by_arm_only=True,
        ),
    )
}


def list_kinds(*, by_arm: bool) -> tuple[ReportKind, ...]:
    """The reports there are for a person, in the order of reading; `by_arm` whether they may read reports by arm."""
    return tuple(kind for kind in REPORTS.values() if by_arm or not kind.needs_arms)


def find_kind(key: str, *, by_arm: bool) -> ReportKind | None:
    """The report with this key, if it exists for a person who may, or may not, read reports by arm."""
    return next((kind for kind in list_kinds(by_arm=by_arm) if kind.key == key), None)
