"""Declare: species, places, parameters with sources, reactions, laws, transporters and cycles."""
