"""What figures and notebooks are made of: colours, digits and units, wrapped text, HTML."""

from __future__ import annotations

import inspect
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomembrane import Q, errors, figures, html
from biomembrane.show import colours, print_format, style, text_layout

# --- colours


def linear(colour: str) -> Any:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: Any) -> Any:
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ rgb
        / [0.9505, 1, 1.089]
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def deuteranope(rgb: Any) -> Any:
    """Machado, Oliveira & Fernandes 2009, severity 1."""
    matrix = [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
    return np.clip(matrix @ rgb, 0, 1)


@pytest.mark.parametrize("eye", [lambda rgb: rgb, deuteranope], ids=["trichromat", "deuteranope"])
def test_colours_can_be_told_apart(eye: Any) -> None:
    seen = {
        name: lab(eye(linear(colours.COLOURS[name])))
        for name in ("Na", "K", "Cl", "Ca", "H", "glucose", "ATP", "charge")
    }
    assert (
        min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen.values(), 2)) > 15
    )  # 2.3 is just noticeable


@pytest.mark.parametrize(
    ("name", "species"),
    [
        ("cell.Na", "Na"),
        ("Na⁺ gradient", "Na"),
        ("Ca²⁺ gradient", "Ca"),
        ("Ca2+", "Ca"),
        ("Cl", "Cl"),
        ("glucose gradient", "glucose"),
    ],
)
def test_a_species_has_one_colour(name: str, species: str) -> None:
    assert colours.colour_of(name) == colours.COLOURS[species]
    assert colours.colour_of("HCO₃⁻ gradient") == colours.colour_of("HCO3")


# --- numbers, units and labels


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (62, "62.0"),
        (100, "100"),
        (7, "7.00"),
        (-0.25, "−0.250"),
        (3e-13, "3.0×10⁻¹³"),
        (-2.5e6, "−2.5×10⁶"),
        (0, "0"),
        (9.999, "10.0"),
        (1e-3, "0.00100"),
    ],
)
def test_digits(value: float, text: str) -> None:
    assert print_format.digits(value) == text


@pytest.mark.parametrize(
    ("unit", "peak", "want"),
    [
        ("pJ", 2e4, (1e-3, "nJ")),
        ("pJ", 5e-3, (1e3, "fJ")),
        ("pJ", 0.3, (1, "pJ")),
        ("fmol s-1", 4e-4, (1e3, "amol s-1")),
        ("mV", 1e6, (1, "mV")),
    ],
)
def test_scaled(unit: str, peak: float, want: tuple[float, str]) -> None:
    factor, found = print_format.scaled(unit, peak)
    assert (factor, found) == (pytest.approx(want[0]), want[1])


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(1, 20)), min_size=1, max_size=12))
def test_spread_keeps_order_distance_and_bounds(items: list[tuple[float, float]]) -> None:
    wanted, sizes = [w for w, _ in items], [s for _, s in items]
    high = max(100.0, sum(sizes))
    places = text_layout.spread(wanted, sizes, 0.0, high)
    assert places[0] >= -1e-9
    assert places[-1] + sizes[-1] <= high + 1e-6
    assert all(
        b >= a + s - 1e-6 for (a, b), s in zip(itertools.pairwise(places), sizes, strict=False)
    )
    again = text_layout.spread(places, sizes, 0.0, high)
    assert again == pytest.approx(places, abs=1e-6)  # what lies well stays


@given(st.text("abc -/", min_size=1, max_size=40), st.floats(8, 80))
def test_wrap_fits_and_loses_nothing(text: str, room: float) -> None:
    with style.style("cell"):
        wrapped = text_layout.wrap(text, room, 6)
        assert all(
            text_layout.extent(line, 6).width <= room or len(line) <= 2
            for line in wrapped.split("\n")
        )
    assert wrapped.replace("\n", "").replace(" ", "") == text.replace(" ", "")


# --- HTML


def test_html_is_escaped_nested_and_dark() -> None:
    inner = html.table([("Na<b>", 1.0), ("K", 2)], header=("ion", "mM"), caption="A & B")
    page = html.collapsible("<i>", inner, open=True)
    assert "&lt;i&gt;" in page
    assert "Na&lt;b&gt;" in page
    assert "A &amp; B" in page
    assert page.count("<style>") == 1
    assert page.count("<table") == 1
    assert '<details class="bm-fold" open>' in page
    assert page.count('class="bm-number"') == 3  # the header and two numbers
    assert "prefers-color-scheme:dark" in page
    assert "white" not in page
    assert "#fff" not in page.lower()
    assert "&lt;table" in html.collapsible("t", "<table>")
    assert html.join("a<b", inner).count("<style>") == 1


def test_html_needs_the_standard_library_only() -> None:
    source = Path(html.__file__).read_text("utf-8")
    modules = {
        line.split()[1].partition(".")[0]
        for line in source.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert modules <= set(sys.stdlib_module_names)


# --- the style in force


@pytest.mark.parametrize("name", style.STYLES)
def test_a_figure_without_a_style_has_the_one_in_force(name: str) -> None:
    """Its widths, its fonts and what it is written in; one that is named wins."""
    with style.style(name):
        own, _ = figures.panels(2, height=60, width="double")
        other, _ = figures.panels(2, height=60, width="double", style="plos")
    assert own.get_figwidth() * 25.4 == pytest.approx(style.WIDTHS[name]["double"])
    assert other.get_figwidth() * 25.4 == pytest.approx(style.WIDTHS["plos"]["double"])
    assert (own.style_name, other.style_name) == (name, "plos")
    after, _ = figures.panels(1, height=60)
    assert after.get_figwidth() * 25.4 == pytest.approx(style.WIDTHS["cell"]["single"])


def test_no_figure_has_a_style_of_its_own() -> None:
    drawing = (getattr(figures, name) for name in figures.__all__)
    defaults = {
        d.__name__: inspect.signature(d).parameters["style"].default
        for d in drawing
        if "style" in inspect.signature(d).parameters
    }
    assert len(defaults) == 11
    assert set(defaults.values()) == {None}


@pytest.mark.parametrize("length", [170, "170 mm", "17 cm", Q(170, "mm"), Q(0.17, "m")])
def test_a_length_is_in_mm_or_in_its_unit(length: Any) -> None:
    figure, _ = figures.panels(1, height=length, width=length)
    assert figure.get_size_inches() * 25.4 == pytest.approx([170, 170])


@pytest.mark.parametrize("length", ["5 s", Q(5, "s"), "5", "1 m^2"])
def test_what_is_no_length_is_refused(length: Any) -> None:
    with pytest.raises((errors.UnitMismatch, errors.BareNumber)):
        figures.panels(1, height=60, width=length)
