"""A share of the random networks that ``random_networks.py`` judges in full: 10⁵ legal ones and 10³
broken.
"""

from random_networks import FAULTS, judge_broken, judge_legal


def test_random_legal_models_pass() -> None:
    assert judge_legal(48) == 48


def test_models_without_detailed_balance_are_found() -> None:
    seen = judge_broken(60)
    assert sum(seen.values()) >= 60
    assert all(seen[fault] for fault in FAULTS)
