"""Who makes which kind of file. Imported by the command that starts the worker, and by nothing that serves pages.

A new kind of long work is one line here: its name, as `trialsite.jobs.actions.ask_for` was given it, and the function that does it.
"""

from endpoints.simulation.words import SIMULATION
from endpoints.simulation_maker import make_simulation
from trialsite.jobs.work import Maker
from trialsite.listing.makers import make_listing
from trialsite.printing import pdf
from trialsite.printing.makers import make_blank_forms, make_casebook
from trialsite.printing.report_makers import make_report
from trialsite.printing.words import BLANKS, CASEBOOK, LISTING, REPORT

MAKERS: dict[str, Maker] = {
    CASEBOOK: make_casebook,
    BLANKS: make_blank_forms,
    LISTING: make_listing,
    REPORT: make_report,
    SIMULATION: make_simulation,
}


def find_lacks() -> dict[str, str]:
    """What cannot be made on this machine, with the sentence that says what would help."""
    return dict(pdf.LACKS)
