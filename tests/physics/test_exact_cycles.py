"""A few of the random diagrams that ``exact_cycles.py`` compares with 60 digits; 200 on demand."""

from exact_cycles import judge


def test_random_diagrams_have_the_couplings_of_a_solve_in_sixty_digits() -> None:
    worst = judge(3)
    assert worst.cycles == 3
    assert worst.pairs >= 3
    assert worst.heads >= 3
    assert max(worst.L, worst.q, worst.head) < 1e-8
