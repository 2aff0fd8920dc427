"""Fill an empty, migrated database with a trial of many patients: python -m tests.blinding.thousand [patients]

Demo mode: nothing of it may serve a real trial.
"""

import os
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("TRIALSITE_MODE", "demo")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
    django.setup()
    # Its models can be imported only now.
    raise SystemExit(import_module("tests.blinding.thousand_fill").main())
