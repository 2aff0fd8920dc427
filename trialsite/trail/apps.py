from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "trialsite.trail"
    label = "trail"
