"""The real worker with makers of the tests: python -m tests.jobs.slow_worker PARENT

`slow` makes a file that takes as long as the file `go` is absent from the data directory; `note` takes no time.
"""

import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialsite.settings")
django.setup()

from django.conf import settings
from django.core.management import call_command

from trialsite.jobs.work import Made, Order
from trialsite.management.makers import MAKERS


def make_slowly(order: Order) -> Made:
    order.report(1, 3, "the slow part")
    (Path(settings.DATA_DIR) / "begun").write_text(str(os.getpid()))
    while not (Path(settings.DATA_DIR) / "go").exists():
        time.sleep(0.05)
    order.target.write_text("done")
    return Made(file_name="slow.txt", media_type="text/plain", action="print", detail="Slow.")


if __name__ == "__main__":
    MAKERS["slow"] = make_slowly
    call_command("worker", parent=int(sys.argv[1]), interval=0.05, startup_delay=False)
