"""The reports there are: their address, title, and the forms each one is computed from. Pure."""

from dataclasses import dataclass

RELAPSE_FORMS = frozenset({"relapse_check", "relapse"})


@dataclass(frozen=True, slots=True)
class ReportKind:
    """`forms` are the keys of the forms that are read; `shows_vhiss` that it holds the VHISS after the procedure.

    A report that is not divided by arm is the same for everyone, and nobody's arm is read for it.
    """

    key: str
    title: str
    question: str
    forms: frozenset[str] = frozenset()
    shows_vhiss: bool = False
    has_listing: bool = True
    is_divided: bool = True


REPORTS = {
    kind.key: kind
    for kind in (
        ReportKind("flow", "Flow of patients", "Who was assessed, entered, was treated and analyzed?"),
        ReportKind("accrual", "Accrual", "How fast do patients come?", has_listing=False, is_divided=False),
        ReportKind(
            "baseline",
            "Baseline",
            "Who are the patients?",
            frozenset({"doppler", "edss", "cognition", "quality_of_life"}),
        ),
        ReportKind("safety", "Safety", "Which adverse events happened, and when?", frozenset({"adverse_event"})),
        ReportKind(
            "vhiss",
            "Venous outflow (VHISS)",
            "Did the venous outflow get better, and did it stay so?",
            frozenset({"doppler"}),
            shows_vhiss=True,
        ),
        ReportKind("lesions", "MRI lesions", "How many new lesions appeared?", frozenset({"mri"})),
        ReportKind("relapses", "Relapses", "How often did the disease relapse?", RELAPSE_FORMS),
        ReportKind("disability", "Disability (EDSS)", "Did disability change?", frozenset({"edss"})),
        ReportKind("brain-volume", "Brain volume", "Did the brain lose volume?", frozenset({"mri"})),
        ReportKind("cognition", "Cognition", "Did cognition change?", frozenset({"cognition"})),
        ReportKind("quality-of-life", "Quality of life", "Did quality of life change?", frozenset({"quality_of_life"})),
    )
}
