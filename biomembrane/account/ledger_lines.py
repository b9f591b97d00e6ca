"""Long names of the lines and the groups of the ledger."""

from __future__ import annotations

LINES = {
    "spent": "energy given by held pools", "supplied": "energy given by baths",
    "imposed": "energy put in by protocols",
    "dosed": "exergy of what events set or added",
    "electrodes": "work of electrodes, of current and potential",
    "stepped": "work of voltage clamps where their commands jump", "stored": "exergy gained",
    "delivered": "work handed on to baths",
    "released": "gradient energy taken in by coupled transporters",
    "dissipated": "energy dissipated",
    "unpaid": "energy from nothing, by loops that do not close",
    "relaxed": "exergy lost where constraints jump, at the start and at breaks",
    "residual": "imbalance of the ledger", "passed": "energy that passed",
    "residual_relative": "relative residual",
}  # fmt: skip
GROUPS = {
    "flow": "energy given by the store", "dissipation": "energy dissipated",
    "exergy": "exergy gained",
    "uphill_energy": "energy dissipated while J·A < 0, counted positive",
    "uphill_time": "time with J·A < 0",
}  # fmt: skip
