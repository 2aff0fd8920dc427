"""Why the vault stays shut."""


class VaultRefusedError(Exception):
    """The vault cannot serve now. Its message is for the statistician only, and names no arm."""
