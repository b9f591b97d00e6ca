"""The command ``draw``: the figures of a saved run, in this process or in a second one."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .output import print_json

if TYPE_CHECKING:
    import xarray as xr

    from ..results.saved import SavedRun

FIGURES = {"traces": "traces", "energy": "energy_flow"}  # name of the file: name of the figure
_JSON = (dict, list, str, int, float, type(None))


def draw(options: argparse.Namespace) -> int:
    """Draw the figures of a file, or of what stands on standard input."""
    from ..exchange import netcdf
    from ..results.saved import SavedRun
    from ..show import figures

    if options.file == "-":
        figures.load()
        target, data = netcdf.sent(sys.stdin.buffer.read() if sys.stdin else b"")
        files = draw_figures(lambda: SavedRun(data), target)
    else:
        files = draw_figures(lambda: netcdf.open_run(options.file), Path(options.file))
    if options.json:
        print_json({"files": [str(f) for f in files]})
    else:
        print("\n".join(str(f) for f in files))
    return 0


def draw_figures(open_run: Callable[[], SavedRun], file: Path) -> list[Path]:
    """Draw the figures of a saved run into the folder of its file, and give their paths.

    Raises CorruptFile where the file lacks what the figures show, NotWritable.
    """
    from .. import errors
    from ..show import figures

    try:
        run = open_run()
        return [
            figures.save(getattr(figures, figure)(run), file.parent / f"{name}.pdf")
            for name, figure in FIGURES.items()
        ]
    except errors.BiomembraneError:
        raise
    except OSError as error:
        raise errors.NotWritable(
            where="draw",
            wanted="a folder to write to",
            got=f"{file.parent}: {(error.strerror or str(error)).lower()}",
            advice="copy the file to a folder of your own",
            path=str(file.parent),
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        if isinstance(error, AttributeError) and not (
            type(error.obj).__module__.startswith("xarray") or isinstance(error.obj, _JSON)
        ):
            raise  # an attribute of our own objects: no file can be the reason
        raise errors.CorruptFile(
            where=f"FILE {file.name}",
            wanted="a saved run of one lane",
            got=f"{type(error).__name__}: {error}".splitlines()[0][:200],
            advice="'biomembrane run MODEL --out DIR' writes DIR/run.nc",
        ) from None


class FigureProcess:
    """A second process that loads the drawing tools while the model is built and run: loading takes
    as long as everything else.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-m", "biomembrane", "draw", "-", "--json"]
        pipe = subprocess.PIPE
        quiet = subprocess.DEVNULL  # finish() draws again here what failed, and reports why
        self.process = subprocess.Popen(  # noqa: S603, our own interpreter
            command, stdin=pipe, stdout=pipe, stderr=quiet, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:  # there was nothing to draw
            self.process.kill()
        with self.process:  # closes the pipes and waits
            pass

    def draw(self, data: xr.Dataset, target: Path) -> None:
        """Start to draw the figures of a run into the folder of the file it will be saved to."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            json.dump({"target": str(target), "data": data.to_dict()}, self.process.stdin)
            self.process.stdin.flush()
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdin = None

    def finish(self, saved: Path) -> list[Path]:
        """Wait for the figures, or draw them here if the process failed; gives their paths."""
        out, _ = self.process.communicate()
        from ..exchange import netcdf

        if self.process.returncode == 0:
            return [Path(f) for f in json.loads(out)["files"]]
        return draw_figures(lambda: netcdf.open_run(saved), saved)
