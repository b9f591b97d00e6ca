"""Checks of a law at birth: dimension, sign, local detailed balance."""
