"""Every address of the site, app by app."""

from django.urls import URLPattern, URLResolver, include, path

from trialsite.health import health
from trialsite.home import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("", home, name="home"),
    path("", include("enrollment.urls")),
    path("", include("trialsite.accounts.urls")),
    path("", include("visits.urls")),
    path("", include("trialsite.jobs.urls")),
    path("", include("trialsite.trail.urls")),
    path("", include("trialsite.printing.urls")),
    path("", include("trialsite.listing.urls")),
    path("", include("endpoints.urls")),
]

handler500 = "trialsite.accounts.views.errors.server_error"
