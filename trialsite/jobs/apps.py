from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "trialsite.jobs"
    label = "jobs"
