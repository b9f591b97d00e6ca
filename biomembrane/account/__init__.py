"""Account: the double-entry energy ledger of a trajectory."""
