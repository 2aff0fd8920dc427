"""Who may open which address: written by hand, so that a changed decorator is noticed.

A new address is one line in MATRIX: its URL name and who may open it. A new form is one line in FORMS. Where the
address takes arguments, `access_objects.py` says which.
"""

from trialsite.accounts.roles import Role

Audience = frozenset[Role] | None

PUBLIC = None
OWNER_ALONE: frozenset[Role] = frozenset()  # not even a colleague of the same role; tests/jobs says more
SIGNED_IN: frozenset[Role] = frozenset(Role)
ADMIN = frozenset({Role.ADMIN})
STATISTICIAN = frozenset({Role.STATISTICIAN})
OPERATOR = frozenset({Role.OPERATOR})
ENTERING = frozenset({Role.COORDINATOR, Role.INVESTIGATOR})
# Whoever may read what blinded people may read, at their sites.
FORM_READERS = ENTERING | {Role.MONITOR, Role.DATA_MANAGER, Role.STATISTICIAN}
INSTRUMENT_READERS = FORM_READERS | {Role.ASSESSOR}
CASEBOOK_READERS = FORM_READERS | {Role.ASSESSOR}
REPORT_READERS = FORM_READERS
ASKING = frozenset({Role.MONITOR, Role.DATA_MANAGER})
AUDITORS = frozenset({Role.MONITOR, Role.DATA_MANAGER, Role.STATISTICIAN})

INVESTIGATOR = frozenset({Role.INVESTIGATOR})
MONITOR = frozenset({Role.MONITOR})
DATA_MANAGER = frozenset({Role.DATA_MANAGER})

MATRIX: dict[str, Audience] = {
    "health": PUBLIC,
    "home": SIGNED_IN,
    # Accounts
    "accounts:sign_in": PUBLIC,
    "accounts:choose_password": PUBLIC,
    "accounts:sign_out": SIGNED_IN,
    "accounts:password_change": SIGNED_IN,
    "accounts:second_factor": SIGNED_IN,
    "accounts:roles": SIGNED_IN,
    "accounts:knowledge": SIGNED_IN,
    "accounts:users": ADMIN,
    "accounts:invite": ADMIN,
    "accounts:sign_ins": ADMIN,
    "accounts:user": ADMIN,
    "accounts:training": SIGNED_IN,
    "accounts:user_training": ADMIN,
    "accounts:access_review": ADMIN,
    "accounts:signed_review": ADMIN,
    "accounts:user_step": ADMIN,
    # The allocation list
    "keeper": STATISTICIAN,
    "allocation": STATISTICIAN,
    "allocation_generate": STATISTICIAN,
    "allocation_seal": STATISTICIAN,
    "allocation_verify": STATISTICIAN,
    "allocation_upload": STATISTICIAN,
    "allocation_void": STATISTICIAN,
    "list_commitment": REPORT_READERS,
    # The register of patients
    "patients": CASEBOOK_READERS,
    "register_patient": ENTERING,
    "import_readings": ENTERING | {Role.ASSESSOR},
    "screening_failure": ENTERING,
    "withdrawal": ENTERING,
    "eligibility": ENTERING | AUDITORS,
    "draw": ENTERING,
    # The procedure room
    "restricted_form": OPERATOR | STATISTICIAN,
    "worklist": OPERATOR,
    "worklist_arm": OPERATOR,
    "start_procedure": OPERATOR,
    # The emergency code break
    "code_breaks": INVESTIGATOR,
    "code_break": INVESTIGATOR,
    "code_break_impact": OWNER_ALONE,
    "code_break_register": STATISTICIAN,
    "who_knows": STATISTICIAN,
    "unblinded_messages": OPERATOR | STATISTICIAN,
    # Patients, their visits and forms; FORMS says more about each form
    "casebook": CASEBOOK_READERS,
    "planned_visit": CASEBOOK_READERS,
    "unscheduled_visit": ENTERING,
    "new_unscheduled_visit": ENTERING,
    "visit": CASEBOOK_READERS,
    "visit_form": FORM_READERS,
    "patient_log": FORM_READERS,
    "patient_record": FORM_READERS,
    # What people attest of records, and what closes them
    "sign_form": INVESTIGATOR,
    "sign_visit": INVESTIGATOR,
    "sign_casebook": INVESTIGATOR,
    "verify_form": MONITOR,
    "verify_visit": MONITOR,
    "verify_casebook": MONITOR,
    "lock_form": DATA_MANAGER,
    "lock_visit": DATA_MANAGER,
    "lock_casebook": DATA_MANAGER,
    "lock_trial": DATA_MANAGER,
    "locks": DATA_MANAGER,
    "hold": DATA_MANAGER,
    "form_states": SIGNED_IN,
    "record_history": FORM_READERS,
    "field_history": FORM_READERS,
    # The audit trail
    "trail": AUDITORS,
    "trail_review": AUDITORS,
    "export_trail": AUDITORS,
    "remark_on_event": frozenset(
        {Role.INVESTIGATOR, Role.MONITOR, Role.DATA_MANAGER}
    ),  # the statistician: on restricted entries
    "patient_trail": CASEBOOK_READERS,
    "visit_trail": CASEBOOK_READERS,
    "form_trail": FORM_READERS,
    "casebook_as_of": CASEBOOK_READERS,
    "form_as_of": FORM_READERS,
    "listing_as_of": FORM_READERS,
    # Files made on request
    "files": SIGNED_IN,
    "made_file": OWNER_ALONE,
    "file_step": OWNER_ALONE,
    "listing": AUDITORS,
    # Paper
    "blank_forms": CASEBOOK_READERS | OPERATOR,
    "print_casebook": CASEBOOK_READERS,
    "casebook_page": CASEBOOK_READERS,
    "whole_report": REPORT_READERS,
    "whole_report_of_snapshot": STATISTICIAN,
    # Reports; what a blinded reader finds there is held by tests/endpoints
    "reports": REPORT_READERS,
    "report": REPORT_READERS,
    "report_patients": REPORT_READERS,
    "report_patients_file": REPORT_READERS,
    "report_patients_xlsx": REPORT_READERS,
    "report_rows": REPORT_READERS,
    "report_rows_xlsx": REPORT_READERS,
    "report_figure": REPORT_READERS,
    "report_table": REPORT_READERS,
    "report_table_xlsx": REPORT_READERS,
    # Snapshots of what the reports rest on, with arms
    "analysis_sets": STATISTICIAN,
    "simulation": STATISTICIAN,
    "release": STATISTICIAN | DATA_MANAGER,
    "released_file": OWNER_ALONE,  # nobody before the release; tests/endpoints/test_release.py opens it
    "snapshots": STATISTICIAN,
    "snapshot": STATISTICIAN,
    "snapshot_facts": STATISTICIAN,
    "compare_snapshots": STATISTICIAN,
    # Data queries; each opens to the readers of its form, here vital signs
    "queries": CASEBOOK_READERS | OPERATOR,
    "query": FORM_READERS,
    "new_query": ASKING,
    "new_field_query": ASKING,
    "edit_checks": AUDITORS,
    "informed_raters": AUDITORS,
}

# Where fewer may send than may read, and sending answers the others as an unknown address.
SENDERS: dict[str, Audience] = {
    "eligibility": frozenset({Role.INVESTIGATOR}),
}

FORMS: dict[str, frozenset[Role]] = {
    "consent": FORM_READERS,
    "demographics": FORM_READERS,
    "ms_history": FORM_READERS,
    "medical_history": FORM_READERS,
    "eligibility": FORM_READERS,
    "vital_signs": FORM_READERS,
    "laboratory": FORM_READERS,
    "adverse_event": FORM_READERS,
    "concomitant_medication": FORM_READERS,
    "deviation": FORM_READERS,
    "blinding_guess": FORM_READERS,
    "disposition": FORM_READERS,
    "relapse": FORM_READERS,
    "relapse_check": FORM_READERS,
    "doppler": INSTRUMENT_READERS,
    "mri": INSTRUMENT_READERS,
    "edss": INSTRUMENT_READERS,
    "cognition": INSTRUMENT_READERS,
    "quality_of_life": INSTRUMENT_READERS,
    "procedure": FORM_READERS | OPERATOR,
    "intervention": OPERATOR | STATISTICIAN,
}
