"""Solve: parameters, initial states, integrators.  Nothing here knows a species or a symbol."""
