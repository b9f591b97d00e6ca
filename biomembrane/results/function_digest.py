"""What a user's function does, as a digest that is the same in every process.

It covers everything that the function reads: its code, defaults, the values that it encloses, the
globals that it names with the functions among them, the arguments of a partial, the state of an
object that is called.  Installed packages count by their names and versions.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from .. import errors, units
from .labels import version

_INSTALLED = tuple({p for p in sysconfig.get_paths().values() if "lib" in p.lower()})
_OWN = __name__.partition(".")[0]
_READS = ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME")
_UNSAID = (  # what a class has besides what it does
    "__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__",
    "__firstlineno__", "__static_attributes__", "__annotate_func__", "__annotations_cache__",
    "__annotate__",
)  # fmt: skip


def digest(function: Any) -> str:
    """Digest of a function, or of any object that can be called.

    Raises BadSettings where it reads something of which nobody can tell what it is, such as an open
    file.
    """
    try:
        return _Walk().of(function).hex()
    except (TypeError, AttributeError, RecursionError) as problem:
        raise errors.BadSettings(
            where="Keep(reduce=…)",
            wanted="a function that reads values which can be told apart, so that a scan goes on"
            " with the same one only",
            got=f"{errors.shown(function)}: {errors.said(problem)}",
            advice="open files and the like inside the function",
        ) from None


class _Walk:
    """Digests of objects; what was met is digested once, and a circle ends where it began."""

    def __init__(self) -> None:
        self.known: dict[int, bytes] = {}
        self.alive: list[Any] = []  # an identity is one's own only as long as one lives

    def of(self, x: Any) -> bytes:
        """Digest of any object."""
        if type(x) in (type(None), bool, int, float, complex, str, bytes):
            return _hashed(type(x).__name__, repr(x).encode())
        found = self.known.get(id(x))
        if found is None:
            self.alive.append(x)
            self.known[id(x)] = _hashed("again", str(len(self.known)).encode())
            found = self.known[id(x)] = _hashed(type(x).__qualname__, *self.parts(x))
        return found

    def each(self, several: Iterable[Any]) -> Iterator[bytes]:
        return map(self.of, several)

    def parts(self, x: Any) -> Iterable[bytes]:
        """What an object consists of."""
        if isinstance(x, (ModuleType, FunctionType, BuiltinFunctionType, type)) and _installed(x):
            return [_name(x)]
        if isinstance(x, CodeType):
            return self.code(x)
        if isinstance(x, FunctionType):
            return self.function(x)
        if isinstance(x, MethodType):
            return self.each([x.__func__, x.__self__])
        if isinstance(x, functools.partial):
            return self.each([x.func, x.args, x.keywords])
        if isinstance(x, type):
            said = {k: v for k, v in vars(x).items() if k not in _UNSAID}
            return self.each([x.__qualname__, said, [c for c in x.__mro__[1:] if c is not object]])
        if isinstance(x, (staticmethod, classmethod)):
            return self.each([x.__func__])
        if isinstance(x, property):
            return self.each([x.fget, x.fset, x.fdel])
        if isinstance(x, ModuleType):
            return [x.__name__.encode()]
        return self.value(x)

    def value(self, x: Any) -> Iterable[bytes]:
        """Parts of what is no function."""
        if isinstance(x, np.ndarray) and x.dtype.kind != "O":
            return [f"{x.dtype.str}{x.shape}".encode(), np.ascontiguousarray(x).tobytes()]
        if isinstance(x, np.ndarray):
            return self.each([x.shape, *x.ravel().tolist()])
        if units.is_quantity(x):
            return self.each([x.magnitude, str(x.units)])
        if hasattr(x, "to_dict") and hasattr(x, "coords") and hasattr(x, "dims"):
            return self.each([x.to_dict()])
        if type(x) in (set, frozenset):
            return sorted(self.each(x))
        if type(x) in (list, tuple):
            return self.each(x)
        if isinstance(x, Mapping) and type(x).__module__ in ("builtins", "types"):
            return self.each(part for item in x.items() for part in item)
        if isinstance(getattr(x, "hash", None), str) and type(x).__module__.startswith(_OWN):
            return self.each([x.hash])  # a model
        make, given, *rest = x.__reduce_ex__(4) if type(x) is not object else (object, ())
        if isinstance(make, str):
            return self.each([make])
        more = [list(part) if k else part for k, part in enumerate(rest) if part is not None]
        return self.each([type(x), make, given, *more])

    def function(self, x: FunctionType) -> Iterable[bytes]:
        """Code, defaults, what it encloses, and the globals that it reads."""
        closed = []
        for cell in x.__closure__ or ():
            try:
                closed.append(cell.cell_contents)
            except ValueError:  # not yet set
                closed.append("empty")
        said = [x.__code__, x.__defaults__, x.__kwdefaults__, closed, _attributes(x)]
        return self.each([*said, *_read(x.__code__, x.__globals__)])

    def code(self, x: CodeType) -> Iterable[bytes]:
        """Instructions with names and constants, not their place in a file."""
        counts = (x.co_argcount, x.co_posonlyargcount, x.co_kwonlyargcount)
        return self.each([x.co_code, x.co_names, x.co_consts, x.co_exceptiontable, counts])


def _attributes(x: FunctionType) -> dict[str, Any]:
    return {k: v for k, v in vars(x).items() if k != "__wrapped__"}


def _read(code: CodeType, known: Mapping[str, Any]) -> Iterator[Any]:
    """Names and values of the globals that some code reads; of a module of the user's, what is read
    of it.
    """
    names = sorted({str(i.argval) for i in dis.get_instructions(code) if i.opname in _READS})
    for name in names:
        value = known.get(name, sys.modules.get(name))
        yield name
        if isinstance(value, ModuleType) and not _installed(value):
            yield from (getattr(value, each, None) for each in code.co_names)
        elif name in known:
            yield value
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _read(constant, known)


def _installed(x: Any) -> bool:
    """Whether this belongs to Python or to an installed package, this one included."""
    name = x.__name__ if isinstance(x, ModuleType) else getattr(x, "__module__", None)
    if name is None or str(name).partition(".")[0] in (_OWN, *sys.builtin_module_names):
        return name is not None or isinstance(x, BuiltinFunctionType)
    file = getattr(sys.modules.get(str(name)), "__file__", None)
    return str(name) != "__main__" and file is not None and file.startswith(_INSTALLED)


def _name(x: Any) -> bytes:
    """Name and version of something installed."""
    where = x.__name__ if isinstance(x, ModuleType) else str(getattr(x, "__module__", ""))
    package = where.partition(".")[0]
    try:
        number = version(package)
    except Exception:  # noqa: BLE001  of Python itself, or under another name
        number = str(getattr(sys.modules.get(package), "__version__", sys.version_info[:2]))
    return f"{where}.{getattr(x, '__qualname__', '')} {number}".encode()


def _hashed(kind: str, *parts: bytes) -> bytes:
    made = hashlib.sha256(kind.encode())
    for part in parts:
        made.update(hashlib.sha256(part).digest())
    return made.digest()
