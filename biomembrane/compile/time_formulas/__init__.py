"""Formulas of time: their bounds, their edges, and when they move."""
