"""Figures and rich displays: time courses, the flow of energy, journal styles and the HTML of
notebooks.
"""
