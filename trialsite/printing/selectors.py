"""What the worker said of itself."""

from trialsite.jobs.selectors import get_worker
from trialsite.printing.words import PDF


def say_pdf_lack() -> str:
    """Why PDF cannot be made at the moment, and what helps; "" while it can, or while no worker has said anything."""
    worker = get_worker()
    return str(worker.lacks.get(PDF, "")) if worker else ""
