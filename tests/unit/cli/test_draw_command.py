"""``draw``: whatever it reads has a figure or a sentence."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.cli.called import said

import biomembrane as bm
from biomembrane import Q

DRAWN = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"5",
    b'"x"',
    b"{",
    b"\xff",
    b"[" * 50000,
    b'{"target": 5, "data": {}}',
    b'{"target": "a/run.nc", "data": {}}',
    b'{"target": "a/run.nc", "data": {"attrs": 5, "coords": 5}}',
    b'{"target": "a/run.nc"}',
    b'{"data": {}}',
    (
        b'{"target": "a/run.nc", "data": {"coords": {}, "attrs": {"title": "x", "model_hash": "y"},'
        b' "dims": {}, "data_vars": {}}}'
    ),
    (
        b'{"target": "run.nc", "data": {"coords": {}, "attrs": {"title": "x", "model_hash": "y",'
        b' "flows_json": "5"}, "dims": {}, "data_vars": {}}}'
    ),
]


@pytest.mark.parametrize("text", DRAWN, ids=lambda t: repr(t[:40]))
@pytest.mark.usefixtures("here")
def test_whatever_draw_reads_it_has_a_sentence(
    text: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON or not, a dataset or not."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    status, out, err = said(["draw", "-"], capsys)
    assert (status, out) == (2, "")
    assert err.startswith("CorruptFile:")


LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3)
)


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.fixed_dictionaries({"coords": JSON, "attrs": JSON, "dims": JSON, "data_vars": JSON}))
def test_no_dataset_in_json_gives_a_traceback(
    data: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps({"target": "run.nc", "data": data}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    status, _, err = said(["draw", "-"], capsys)
    assert status == 2
    assert err.startswith("CorruptFile:")


def test_a_saved_file_that_lacks_what_a_figure_shows_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It reads as complete, and is not."""
    run = bm.simulate(bm.load("resting_cell"), until=Q(1, "s"))
    bm.save(run, here / "run.nc")
    left = (
        xr.open_dataset(here / "run.nc", engine="h5netcdf", decode_timedelta=False)
        .load()
        .drop_vars("potential")
    )
    left.to_netcdf(here / "less.nc", engine="h5netcdf")
    status, out, err = said(["draw", "less.nc"], capsys)
    assert (status, out) == (2, "")
    assert err.startswith("CorruptFile:")
    assert "no 'potential', which was saved" in err
