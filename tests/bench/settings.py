"""The settings of the product, with the floor beside it."""

import os

os.environ.setdefault("TRIALSITE_MODE", "test")

from trialsite.settings import *  # noqa: F403 - settings are meant to be taken over whole, once the mode is set
from trialsite.settings import INSTALLED_APPS, LOGGING

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.floor"]
ROOT_URLCONF = "tests.bench.urls"
LOGGING = {**LOGGING, "loggers": {}, "root": {"handlers": ["nowhere"], "level": "CRITICAL"}}
