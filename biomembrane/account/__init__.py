"""Account: runs with their books, the double-entry ledger, exergy."""
