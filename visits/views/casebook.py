"""The casebook of one patient: visits across, forms down."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.marks.selectors import get_marks
from trialsite.protocol.current import get_protocol
from trialsite.queries.selectors import count_by_form
from visits.mark_panel import make_panel
from visits.presenters import present_casebook
from visits.selectors import get_casebook_states, get_visits, schedule_of
from visits.shown_states import StateReader
from visits.threads import scope_of
from visits.views.eligibility import ELIGIBILITY_READERS
from visits.views.loaders import load_patient_in_course, make_casebook_reach, visible_definitions


@requires(Permission.VIEW_PATIENTS)
def casebook(request: SignedInRequest, patient_id: UUID) -> HttpResponse:
    patient, conditions = load_patient_in_course(request.user, patient_id)
    protocol = get_protocol()
    visits = get_visits(patient)
    schedule = schedule_of(
        patient, visits, protocol, clock.today(protocol.site(patient.site_code).time_zone), conditions
    )
    definitions = visible_definitions(request.user)
    states = get_casebook_states(patient, definitions, protocol)
    marks = get_marks([patient.pk])
    shown = StateReader(marks, definitions, protocol).shown(states, patient.pk)
    page = {
        "patient": patient,
        "phase": protocol.phase(patient.phase_number),
        "site": protocol.site(patient.site_code),
        "casebook": present_casebook(
            patient,
            schedule,
            visits,
            shown,
            definitions,
            conditions,
            count_by_form(scope_of(request.user), patient.pk),
        ),
        "marks_panel": make_panel(make_casebook_reach(patient), marks, request.user),
        "may_enter": request.user.may(Permission.ENTER_DATA),
        "may_add_visit": request.user.may(Permission.ENTER_DATA)
        and bool(protocol.visits_of_kind(patient.phase_number, "unscheduled")),
        "may_draw": request.user.may(Permission.DRAW_ALLOCATION),
        "may_break_code": request.user.may(Permission.BREAK_CODE),
        "reads_eligibility": any(request.user.may(permission) for permission in ELIGIBILITY_READERS),
        "trail": [("Patients", reverse("patients")), (patient.number, "")],
    }
    return render(request, "visits/casebook.html", page)
