"""Results: runs, scans and what is saved of them, in one schema of labelled arrays."""
