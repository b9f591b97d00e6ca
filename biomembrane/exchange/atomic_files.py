"""Files and folders that are there whole or not at all: written beside their place and moved into
it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .. import errors


def read_path(given: Any, where: str, example: str) -> Path:
    """A path as the user gave it.  Raises WrongType."""
    if (
        not isinstance(given, (str, os.PathLike))
        or not isinstance(os.fspath(given), str)
        or not str(given)
    ):
        raise errors.WrongType(
            where=where, wanted="a path", got=errors.shown(given) or "''", advice=example
        )
    return Path(given)


def exists(path: Path, where: str) -> bool:
    """Whether something is there.  Raises UnknownName for a name that no file system holds."""
    try:
        return path.exists()
    except (OSError, ValueError) as problem:
        raise errors.UnknownName(
            where=where,
            wanted="a path",
            got=f"{errors.shown(str(path))}: {reason(problem)}",
            advice="a shorter name",
        ) from None


def reason(problem: Exception) -> str:
    """Why a file could not be used, in a few words and without its path."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.splitlines()[0].lower()[:200]
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200]


def writable(folder: Path, where: str) -> None:
    """Make a folder, if need be, and write a file there that is gone at once.

    Raises NotWritable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as problem:
        raise _unwritable(folder, where, problem) from None


def _unwritable(path: Path, where: str, problem: Exception) -> errors.BiomembraneError:
    got, advice = (
        f"{str(path)[-200:]!r}: {reason(problem)}",
        "another folder or a shorter name; check the room and the rights there",
    )
    return errors.NotWritable(
        where=where, wanted="a place to write to", got=got, advice=advice, path=str(path)
    )


@contextmanager
def beside(target: Path, where: str) -> Iterator[Path]:
    """A path in the target's folder, to write a file or a folder to; at the end it takes the
    target's place, on disk and at once.

    What stood there stays until then, and stays if anything goes wrong; nothing half written is
    left, except by a process that is killed, whose leavings the next one removes.  Raises
    NotWritable.
    """
    final, spare = target, None
    try:
        final = (
            target.resolve() if target.is_symlink() else target
        )  # a link keeps pointing where it pointed
        if final.exists() and not final.is_file():
            raise FileExistsError(17, "what is there is no file")
        tag = _tag(final.name)
        spare = final.parent / f"{tag}-{os.getpid()}-{os.urandom(4).hex()}.part"
        final.parent.mkdir(parents=True, exist_ok=True)
        _sweep(final.parent, tag)
        yield spare
        _settle(spare)
        spare.replace(final)
        _flush(final.parent)
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as problem:  # the last is of links that lead to themselves
        if isinstance(problem, errors.BiomembraneError):
            raise
        raise _unwritable(target, where, problem) from None
    finally:
        if spare is not None:
            _remove(spare)


def _tag(name: str) -> str:
    """What the spare files of one target on one machine begin with."""
    return (
        f".{hashlib.sha256(f'{platform.node()}/{name}'.encode(errors='replace')).hexdigest()[:16]}"
    )


def _sweep(folder: Path, tag: str) -> None:
    """Remove what processes left that are no more."""
    for left in folder.glob(f"{tag}-*.part") if os.name == "posix" else ():
        number = left.name.split("-")[1]
        with suppress(OSError):
            if number.isdigit() and not _alive(int(number)):
                _remove(left)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    """Everything under a path onto the disk."""
    for folder, _, files in os.walk(path):
        for name in files:
            _flush(Path(folder, name))
        _flush(Path(folder))
    if path.is_file():
        _flush(path)


def _flush(path: Path) -> None:
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
