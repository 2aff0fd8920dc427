"""Faults that take minutes: the real product, killed, starved and cut off while people work: python -m tests.faults --help

Everything listens on this computer only and ends by itself. What was found is written down in docs/validation/faults.md.
"""
