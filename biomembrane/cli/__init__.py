"""The command line."""

from .dispatch import main as main
