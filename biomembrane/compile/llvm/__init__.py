"""LLVM: a small writer of vector IR, and elementary functions in it."""
