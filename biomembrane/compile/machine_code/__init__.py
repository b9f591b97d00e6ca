"""Machine code: the functions of a program as IR, compiled, cached and called."""
