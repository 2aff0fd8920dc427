"""The synthetic trial of the demonstration. Its patients do not exist."""
