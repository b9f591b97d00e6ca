"""Rigorous membrane biophysics: declare, assemble, compile, solve, account, show."""
