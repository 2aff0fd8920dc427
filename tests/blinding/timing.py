"""Run the study of `tests.blinding.timing_study`: python -m tests.blinding.timing [rounds]."""

import os
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialsite.settings")
    django.setup()
    # Its models can be imported only now.
    raise SystemExit(import_module("tests.blinding.timing_study").main())
