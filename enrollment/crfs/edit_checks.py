"""The edit checks of the forms about a patient as a whole; a new check is one line here. Pure."""

from trialsite.queries.registry import list_checks

ENROLLMENT_CHECKS = (
    *list_checks(
        "consent",
        hard=(
            ("consent_future", "Consent lies in the future.", "1.3 I7"),
            ("consent_version", "The version of the consent form was not in use on that day.", "8.1"),
            ("consent_before_birth", "Consent is before the patient was born.", "8.1"),
            ("consent_again_without_first", "A repeated consent has no first one before it.", "8.1"),
            ("consent_first_twice", "There is a first consent already.", "8.1"),
        ),
        soft=(
            ("no_copy", "The patient got no copy of the signed form."),
            ("consent_same_version", "The same version was signed before.", "8.1"),
        ),
    ),
    *list_checks(
        "demographics",
        hard=(
            ("born_on_future", "The date of birth lies in the future.", "8.1"),
            ("born_on_after_consent", "The date of birth is after consent.", "8.1"),
            ("age_refused", "The age at consent is outside the limits.", "1.3 I1"),
            ("childbearing_man", "Childbearing potential is answered for a man.", "8.1"),
        ),
        soft=(("age_unusual", "The age at consent may not fit the trial.", "1.3 I1"),),
        missing=(("childbearing_missing", "Childbearing potential is not answered for a woman.", "8.1"),),
    ),
    *list_checks(
        "ms_history",
        hard=(
            ("*_after_consent", "Something of the history is after consent.", "8.2"),
            ("dmt_started_on_after_consent", "The therapy at consent began after consent.", "8.2"),
            ("relapses_order", "Fewer relapses in two years than in one.", "8.2"),
            ("dmt_none_started", "There is no therapy, but its first day is entered.", "8.2"),
            ("mcdonald_too_new", "The version of the criteria is newer than the diagnosis could be.", "8.2"),
        ),
        soft=(
            ("last_relapse_too_early", "Relapses in the last year are counted, the last one is older.", "8.2"),
            ("last_relapse_too_late", "No relapse in the last year is counted, the last one is in it.", "8.2"),
            ("course_not_allowed", "The course of the disease is not one the trial includes.", "1.3 I2"),
        ),
        missing=(
            ("dmt_started_missing", "The first day of the therapy is not entered.", "8.2"),
            ("dmt_other_missing", "The other therapy is not named.", "8.2"),
            ("*_missing", "Something is answered with yes and not described.", "8.2"),
        ),
    ),
    *list_checks(
        "medical_history",
        hard=(("ended_but_ongoing", "A condition that is still present has an end."),),
        soft=(("onset_after_consent", "The condition began after consent: it may be an adverse event.", "8.14"),),
        missing=(("ended_missing", "A condition that is over has no end."),),
    ),
    *list_checks(
        "eligibility",
        hard=(
            ("*_man", "A question for women is answered for a man.", "1.3 E6"),
            ("*_na", "A criterion that holds for everybody is answered with not applicable.", "1.3"),
        ),
        soft=(("implant_and_mri", "Medical history lists an implant that may bar MRI.", "1.3 E7"),),
        missing=(("*_missing", "A criterion or a question is not answered.", "1.3"),),
    ),
)
