from django.apps import AppConfig


class QueriesConfig(AppConfig):
    name = "trialsite.queries"
    label = "queries"
