"""The base of all errors: frozen dataclasses that print as where, wanted, got and try."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform

LONGEST = 600  # characters of a line of an error
_Kind = TypeVar("_Kind", bound=BaseException)


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False)
def mistake(cls: type[_Kind]) -> type[_Kind]:
    """A frozen dataclass that still lets Python attach tracebacks and notes."""
    frozen: Any = dataclass(frozen=True, kw_only=True, eq=False, repr=False)(cls)

    def setting(self: Any, name: str, value: Any) -> None:
        if not name.startswith("__"):
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        BaseException.__setattr__(self, name, value)

    frozen.__setattr__ = setting
    return frozen  # type: ignore[no-any-return]


@mistake
class BiomembraneError(ValueError):
    """Base of every error raised here.

    Empty fields are not printed.

    Attributes:
        where: the object and the argument.
        wanted: what was expected, a sentence or a value.
        got: what came.
        advice: what to try, ready to be followed.
        headline: what is wrong, the same for all of a class.
    """

    where: str = ""
    wanted: str = ""
    got: str = ""
    advice: str = ""
    headline: ClassVar[str] = "something is wrong"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__.startswith(f"{__package__}."):
            cls.__module__ = __package__  # under which users know it

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (type(self), {f.name: getattr(self, f.name) for f in fields(self)})

    def __str__(self) -> str:
        rows = [
            ("where", self.where),
            ("wanted", self.wanted),
            ("got", self.got),
            ("try", self.advice),
        ]
        body = [
            f"  {name:<7} {text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}"
            for name, text in rows
            if text
        ]
        return "\n".join([f"{self.headline}.", *body])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.headline!r}, where={self.where!r}, got={self.got!r})"


BiomembraneError.__module__ = __package__


def _unpickled(kind: type[BiomembraneError], arguments: dict[str, Any]) -> BiomembraneError:
    """An error that was raised in another process."""
    return kind(**arguments)
