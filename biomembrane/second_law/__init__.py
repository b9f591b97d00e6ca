"""Second law: proofs, audits, coupling and repair of what is declared; nothing here solves or reads
a run.
"""
