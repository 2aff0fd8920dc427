"""One seat for each client: a session, a form of the product and one of the floor. `tests.bench.crowd` runs it on the database it made."""

import json
import sys

import django

django.setup()

from django.core.management import call_command

from tests.bench import fill
from tests.bench.browser import TOKEN, open_session
from tests.cast import make_user
from trialsite.accounts.roles import Role


def main(arguments: list[str]) -> int:
    clients = int(arguments[0])
    call_command("migrate", run_syncdb=True, verbosity=0)
    coordinator = make_user("coordinator", Role.COORDINATOR)
    maker = fill.Maker(coordinator)
    forms = [fill.add_full_casebook(maker, f"P2-9{n:05}") for n in range(clients)]
    _, floor_forms = fill.add_floor(clients)
    fill.add_thin_patients(maker, range(100))
    maker.close()
    seats = [
        {
            "cookie": open_session(coordinator),
            "product": f"/visits/{form.visit_id}/forms/cognition/",
            "floor": f"/floor/forms/{floor}/fields/",
        }
        for form, floor in zip(forms, floor_forms, strict=True)
    ]
    print(json.dumps({"token": TOKEN, "values": [fill.entries_of(0), fill.entries_of(1)], "seats": seats}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
