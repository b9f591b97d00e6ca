"""Assemble: one free energy, one stoichiometric matrix, one immutable model."""
