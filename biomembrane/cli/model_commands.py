"""The commands ``models``, ``cite`` and ``audit``."""

from __future__ import annotations

import argparse

from .output import print_json


def models(options: argparse.Namespace) -> int:
    """List the shipped models."""
    from ..exchange import shipped_models

    rows = [(n, *shipped_models.about(n)) for n in shipped_models.names()]
    if options.json:
        print_json({"models": [{"name": n, "summary": s, "question": q} for n, s, q in rows]})
        return 0
    for name, summary, question in rows:
        print(f"{name}\n  {summary}\n  {question}\n")
    return 0


def cite(options: argparse.Namespace) -> int:
    """Print BibTeX of every number that a model uses."""
    from ..exchange import bibliography, shipped_models

    text = bibliography.cite(shipped_models.load(options.model))
    if options.json:
        print_json({"model": options.model, "bibtex": text})
    else:
        print(text)
    return 0


def audit(options: argparse.Namespace) -> int:
    """Check a model against the second law; 1 where a finding fails."""
    from ..exchange import shipped_models
    from ..second_law.audit import audit as audit_model
    from ..second_law.finding import kilojoule
    from ..units import Q
    from .error_text import attributed_to

    with attributed_to(f"--fail-on {options.fail_on!r}", "--fail-on '0.5 kJ/mol'"):
        limit = None if options.fail_on is None else kilojoule(Q(options.fail_on), "--fail-on")
    result = audit_model(shipped_models.load(options.model))
    failing = result.failing(limit)
    if options.json:
        print_json(result.to_dict() | {"failing": [f.subject for f in failing]})
    else:
        count = len(result.findings)
        noun = "finding" if count == 1 else "findings"
        size = f" at {options.fail_on}" if limit is not None else ""
        print(f"{result}\n\n{count} {noun}, {len(failing)} failing{size}")
    return 1 if failing else 0
