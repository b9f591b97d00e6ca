"""Steady states: Newton's method on the reduced equations, stability, branches, minima of G."""
