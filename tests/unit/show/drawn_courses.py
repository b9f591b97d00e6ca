"""Models whose time courses are drawn."""

from __future__ import annotations

import biomembrane as bm
from biomembrane.show import figures

BALANCE = bm.balance(charge=-1)
DRAW = {"traces": figures.traces, "energy_flow": figures.energy_flow}
