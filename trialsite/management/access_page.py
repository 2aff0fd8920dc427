"""docs/reference/access.md: what every role may do, and who may open which address."""

from trialsite.accounts.roles import ROLE_PERMISSIONS, Permission, Role, permissions_of
from trialsite.management.addresses import Address, list_addresses

HEAD = """# Who may do what

*Written by `manage.py write_reference` from `trialsite/accounts/roles.py` and from the addresses themselves; a test compares.*

Whoever is not signed in is sent to the sign-in page, whether an address exists or not. Whoever lacks the permission meets the same page
"not found" as for an address that does not exist. An address about a patient opens only to people of the patient's site, and a form only to
those whom the form names; data managers, statisticians and admins work for all sites.
"""


def write_access_page() -> str:
    return "\n".join((HEAD, "## Roles", "", *_role_table(), "", "## Addresses", "", *_address_table(), ""))


def _role_table() -> list[str]:
    head = ["A person may", *(role.label for role in Role)]
    body = [[item.label, *("yes" if item in ROLE_PERMISSIONS[role] else "" for role in Role)] for item in Permission]
    return _table([head, *body])


def _address_table() -> list[str]:
    body = [[f"`{item.pattern}`", f"`{item.name}`", _who(item)] for item in list_addresses()]
    return _table([["Address", "Name", "Who"], *body])


def _who(address: Address) -> str:
    if address.permissions is None:
        return "everybody"
    if not address.permissions:
        return "everybody signed in"
    return ", ".join(role.label for role in Role if permissions_of([role]) & address.permissions)


def _table(rows: list[list[str]]) -> list[str]:
    head, *body = rows
    return [_row(head), _row(["---"] * len(head)), *(_row(line) for line in body)]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
