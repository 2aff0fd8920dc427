"""Every address of the site, app by app."""

from django.urls import URLPattern, URLResolver, path

from trialsite.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
]
