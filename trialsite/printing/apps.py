from django.apps import AppConfig


class PrintingConfig(AppConfig):
    name = "trialsite.printing"
    label = "printing"
