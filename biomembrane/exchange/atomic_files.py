"""Files and folders that exist whole or not at all: written next to their place and moved into
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
    is_path = isinstance(given, (str, os.PathLike)) and isinstance(os.fspath(given), str)
    if not is_path or not str(given):
        got = errors.shown(given) or "''"
        raise errors.WrongType(where=where, wanted="a path", got=got, advice=example)
    return Path(given)


def exists(path: Path, where: str) -> bool:
    """Whether a path exists.  Raises UnknownName for a name that no file system holds."""
    try:
        return path.exists()
    except (OSError, ValueError) as problem:
        got = f"{errors.shown(str(path))}: {reason(problem)}"
        raise errors.UnknownName(
            where=where, wanted="a path", got=got, advice="a shorter name"
        ) from None


def reason(problem: Exception) -> str:
    """Why a file could not be used, in a few words and without its path."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.splitlines()[0].lower()[:200]
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200]


def writable(folder: Path, where: str) -> None:
    """Check with a temporary file that a folder can be written to; folders that had to be made for
    it are removed again.

    Raises NotWritable.
    """
    made: list[Path] = []
    try:
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as problem:
        raise _unwritable(folder, where, problem) from None
    finally:
        for each in made:
            with suppress(OSError, ValueError):  # not made, or in use by now
                each.rmdir()


def _unwritable(path: Path, where: str, problem: Exception) -> errors.BiomembraneError:
    got = f"{str(path)[-200:]!r}: {reason(problem)}"
    advice = "another folder or a shorter name; check the free space and the permissions there"
    return errors.NotWritable(
        where=where, wanted="a place to write to", got=got, advice=advice, path=str(path)
    )


@contextmanager
def beside(target: Path, where: str) -> Iterator[Path]:
    """A temporary path in the target's folder, to write a file or a folder to; at the end it
    replaces the target in one step and is flushed to disk.

    The old target stays until then, and stays if anything goes wrong.  Nothing half written is
    left, except by a process that is killed; the next one removes it.  Raises NotWritable.
    """
    final, spare = target, None
    try:
        # a link keeps pointing where it pointed
        final = target.resolve() if target.is_symlink() else target
        if final.exists() and not final.is_file():
            raise FileExistsError(17, "what is there is no file")
        tag = _tag(final.name)
        spare = final.parent / f"{tag}-{os.getpid()}-{os.urandom(4).hex()}.part"
        final.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(final.parent, tag)
        yield spare
        _flush_tree(spare)
        spare.replace(final)
        _flush(final.parent)
    # RuntimeError: links that lead to themselves
    except (OSError, ValueError, RuntimeError) as problem:
        if isinstance(problem, errors.BiomembraneError):
            raise
        raise _unwritable(target, where, problem) from None
    finally:
        if spare is not None:
            _remove(spare)


def _tag(name: str) -> str:
    """Prefix of the temporary files of one target on one machine."""
    text = f"{platform.node()}/{name}".encode(errors="replace")
    return f".{hashlib.sha256(text).hexdigest()[:16]}"


def _remove_leftovers(folder: Path, tag: str) -> None:
    """Remove temporary files of processes that have ended."""
    for spare in folder.glob(f"{tag}-*.part") if os.name == "posix" else ():
        process = spare.name.split("-")[1]
        with suppress(OSError):
            if process.isdigit() and not _is_running(int(process)):
                _remove(spare)


def _is_running(process: int) -> bool:
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


def _flush_tree(path: Path) -> None:
    """Flush everything under a path to disk."""
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
