from django.apps import AppConfig


class SignaturesConfig(AppConfig):
    name = "trialsite.signatures"
    label = "signatures"
