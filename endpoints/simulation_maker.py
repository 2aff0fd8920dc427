"""Makes a simulation asked for on its page: runs in the worker."""

import json
from collections.abc import Mapping
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from endpoints.code_version import get_code_version
from endpoints.plan import make_plan
from endpoints.simulation.characteristics import PRIMARY_TESTS, Characteristic, find_characteristics, write_table
from endpoints.simulation.figure import draw_characteristics
from endpoints.simulation.settings import assume, read_size
from trialsite.accounts.roles import Permission
from trialsite.jobs.work import CannotMakeError, Made, Order
from trialsite.protocol.current import get_protocol

NOT_YOURS = "Simulations are for the statistician, which you are not any more."


def make_simulation(order: Order) -> Made:
    """The characteristics of the primary tests as a table and a figure, with what was assumed, in one ZIP archive."""
    if not order.user.may(Permission.VIEW_ARM_REPORTS):
        raise CannotMakeError(NOT_YOURS)
    chosen: Mapping[str, Any] = order.parameters
    sizes = [read_size(one) for one in chosen["patients"]]
    assumptions = assume(chosen["assumptions"])
    drawn = find_characteristics(
        assumptions, make_plan(get_protocol()), sizes, int(chosen["trials"]), int(chosen["seed"])
    )
    found: list[Characteristic] = []
    steps = len(sizes) * 2 * len(PRIMARY_TESTS)
    order.report(0, steps, "drawing trials")
    for one in drawn:
        found.append(one)
        order.report(len(found), steps, f"{one.n_treated} + {one.n_sham} patients")
    assumed = {**chosen, "code_version": get_code_version(), "protocol": get_protocol().digest}
    with ZipFile(order.target, "w", ZIP_DEFLATED) as archive:
        _put(archive, "characteristics.csv", write_table(found).encode())
        _put(archive, "characteristics.svg", draw_characteristics(found))
        _put(archive, "assumptions.json", json.dumps(assumed, indent=1, sort_keys=True).encode())
    names = ", ".join(f"{treated} + {sham}" for treated, sham in sizes)
    return Made(
        file_name=f"simulation-{chosen['seed']}.zip",
        media_type="application/zip",
        action="simulate",
        detail=f"Simulation of {chosen['trials']} trials for each of {names} patients, seed {chosen['seed']}.",
    )


def _put(archive: ZipFile, name: str, content: bytes) -> None:
    """Without the moment, so that the same choices give the same bytes."""
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    archive.writestr(entry, content)
