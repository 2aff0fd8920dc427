"""Synthetic trials from stated assumptions, in the shapes of real data. Pure."""
