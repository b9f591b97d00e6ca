"""Compile: the model as a flat program on a hash-consed graph, and printers that turn it into
kernels.
"""
