from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "trialsite.records"
    label = "records"
