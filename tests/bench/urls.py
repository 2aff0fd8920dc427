"""The addresses of the product, and of the floor."""

from django.urls import include, path

from trialsite import urls

urlpatterns = [path("floor/", include("tests.bench.floor.urls")), *urls.urlpatterns]
