from django.apps import AppConfig


class MarksConfig(AppConfig):
    name = "trialsite.marks"
    label = "marks"
