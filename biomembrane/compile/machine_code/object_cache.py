"""The cache of object files: a folder that is ours alone, and in it only what we sealed ourselves.

What lies here is run as machine code, so nothing is taken on trust.  The folder must belong to this
user and be closed to all others (mode 0700), or it is not used; files are opened without following
links and must be regular and ours.  Each holds a seal, an HMAC-SHA-256 over its own name and its
body under a random key that lies in the folder, readable by this user only: a file that is damaged,
renamed, copied from elsewhere or sealed again by anyone who cannot read the key is built anew and
never called.  A program that runs as this user could read the key; it could as well replace Python,
and no cache guards against it.

``BIOMEMBRANE_CACHE`` names another folder, or is ``off``.  Files are moved into place whole, so
processes may share the folder.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from ... import errors

_MAGIC = b"biomembrane-object-2\n"
_SEAL = hashlib.sha256().digest_size
_OFF = ("off", "0", "no", "false")
_STALE = 3600.0  # seconds after which a file half written belongs to a process that died


def folder() -> Path | None:
    """Where object files are kept; None when the cache is off or there is no place for it."""
    chosen = os.environ.get("BIOMEMBRANE_CACHE", "").strip()
    if chosen.lower() in _OFF:
        return None
    try:
        return Path(chosen).expanduser().absolute() if chosen else _default()
    except (OSError, RuntimeError):  # nobody's home
        return None


def _default() -> Path:
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "biomembrane"
    given = Path(os.environ.get("XDG_CACHE_HOME") or ".")
    home = (
        given
        if given.is_absolute()
        else Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    )
    return home / "biomembrane"


def found(name: str) -> bytes | None:
    """The body that was kept under this name, or None where there is none that we sealed
    ourselves.
    """
    home = _home()
    key = _key(home) if home else None
    data = _read(home / name) if home and key else None
    if data is None or key is None or not data.startswith(_MAGIC):
        return None
    seal, body = data[len(_MAGIC) : len(_MAGIC) + _SEAL], data[len(_MAGIC) + _SEAL :]
    return body if hmac.compare_digest(seal, _sealed(key, name, body)) else None


def keep(name: str, body: bytes) -> None:
    """Keep a body under a name.  A cache that cannot be written is no error."""
    home = _home()
    if home is None:
        return
    key = _key(home) or _new_key(home)
    if key is not None:
        _place(home / name, _MAGIC + _sealed(key, name, body) + body)


def _sealed(key: bytes, name: str, body: bytes) -> bytes:
    return hmac.digest(key, name.encode() + b"\0" + body, "sha256")


def _home() -> Path | None:
    """The folder, made if need be, if it is ours alone; else None, with a warning that says why."""
    home = folder()
    if home is None:
        return None
    own = not os.environ.get("BIOMEMBRANE_CACHE", "").strip()
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            home.mkdir(mode=0o700)
        if own and _fault(home.lstat(), 0o077) == "others may enter it":
            home.chmod(0o700)  # made by an earlier version
        fault = _fault(home.lstat(), 0o077)
    except OSError as problem:
        fault = "" if own else problem.strerror or "it cannot be made"
        home = home if fault else None
    if home is not None and fault:
        errors.warned(f"the cache {home} is not used: {fault}", errors.CacheNotUsed)
        return None
    return home


def _fault(seen: os.stat_result, closed: int) -> str:
    """Why a folder or file is not to be trusted; empty where it is.

    Windows keeps profiles apart by other means.
    """
    if not (stat.S_ISDIR(seen.st_mode) or stat.S_ISREG(seen.st_mode)):
        return "it is a link, or neither a file nor a folder"
    if sys.platform == "win32":
        return ""
    if seen.st_uid != os.getuid():
        return "it belongs to another user"
    return "others may enter it" if seen.st_mode & closed else ""


def _read(path: Path, closed: int = 0o022) -> bytes | None:
    """What a regular file of our own holds, or None."""
    flags = (
        os.O_RDONLY
        | getattr(os, "O_NOFOLLOW", 0)
        | getattr(os, "O_NONBLOCK", 0)
        | getattr(os, "O_BINARY", 0)
    )
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            seen = os.fstat(file.fileno())
            return file.read() if stat.S_ISREG(seen.st_mode) and not _fault(seen, closed) else None
    except OSError:
        return None


def _key(home: Path) -> bytes | None:
    """The secret of this folder."""
    key = _read(home / "key", 0o077)
    return key if key is not None and len(key) == _SEAL else None


def _new_key(home: Path) -> bytes | None:
    """A new secret; of two processes that make one at once, both take what stands there in the
    end.
    """
    _place(home / "key", os.urandom(_SEAL))
    return _key(home)


def _place(path: Path, data: bytes) -> None:
    """A file into place at once, so that another process sees all or nothing, and nothing else
    stays.
    """
    with suppress(OSError):
        for left in path.parent.glob(".*.part"):  # of a process that was killed
            if time.time() - left.lstat().st_mtime > _STALE:
                left.unlink()
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
