"""The name by which the queue of long work knows a simulation."""

SIMULATION = "simulation"
