"""The address of the listing of everything."""

from django.urls import path

from trialsite.listing.views.listing import listing

urlpatterns = [path("listing/", listing, name="listing")]
