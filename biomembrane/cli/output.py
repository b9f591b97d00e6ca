"""JSON on standard output, which every command writes for ``--json``."""

from __future__ import annotations

import json
from typing import Any


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object; NaN and infinity are refused."""
    print(json.dumps(content, ensure_ascii=False, allow_nan=False))
