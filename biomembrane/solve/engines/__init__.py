"""Engines: what integrates problems."""
