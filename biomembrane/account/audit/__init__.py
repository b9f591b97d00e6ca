"""Audit: does a flux obey the second law, and if not, what is wrong with it?"""
