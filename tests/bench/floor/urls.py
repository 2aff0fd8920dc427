from django.urls import path

from tests.bench.floor import views

urlpatterns = [
    path("patients/<int:patient_id>/", views.grid),
    path("forms/<int:form_id>/<str:audit>/", views.form),
]
