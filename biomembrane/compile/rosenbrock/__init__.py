"""Rosenbrock: the method as a tableau and its integration loop over lanes, as IR."""
