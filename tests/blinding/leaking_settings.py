"""The settings of a service into which a leak was built: every answer names the rooms."""

from trialsite.settings import *  # noqa: F403 - settings are meant to be taken over whole
from trialsite.settings import MIDDLEWARE as OURS

MIDDLEWARE = ["tests.blinding.leaking.name_rooms", *OURS]
