"""The object cache: what is run as machine code is what we sealed ourselves, from a folder that is
ours alone.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from biomembrane import errors
from biomembrane.compile.machine_code import module, object_cache

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are of POSIX")
NAME, BODY = "a" * 64 + ".o", b"\x7fELF and so on" * 40


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own, empty cache."""
    made = tmp_path / "cache"
    monkeypatch.setenv("BIOMEMBRANE_CACHE", str(made))
    object_cache.keep(NAME, BODY)
    assert object_cache.found(NAME) == BODY
    return made


def test_the_folder_is_ours_alone(home: Path) -> None:
    """Mode 0700 whatever the umask, files 0600, and no temporary file stays."""
    assert home.stat().st_mode & 0o777 == 0o700
    assert {p.name: p.stat().st_mode & 0o777 for p in home.iterdir()} == {NAME: 0o600, "key": 0o600}


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o701, 0o720])
def test_a_folder_that_others_may_enter_is_not_used(home: Path, mode: int) -> None:
    """Nothing is read from it nor written to it, and the user is told."""
    home.chmod(mode)
    with pytest.warns(errors.CacheNotUsed, match="others may enter"):
        assert object_cache.found(NAME) is None
    with pytest.warns(errors.CacheNotUsed, match="others may enter"):
        object_cache.keep("b.o", BODY)
    assert not (home / "b.o").exists()


def test_a_folder_of_another_user_or_a_link_is_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is the folder behind a link, even if that one is sound."""
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    with pytest.warns(errors.CacheNotUsed, match="another user"):
        assert object_cache.found(NAME) is None
    monkeypatch.undo()
    (home.parent / "link").symlink_to(home)
    monkeypatch.setenv("BIOMEMBRANE_CACHE", str(home.parent / "link"))
    with pytest.warns(errors.CacheNotUsed, match="link"):
        assert object_cache.found(NAME) is None


def _resealed(home: Path, body: bytes) -> bytes:
    """A forger's work who knows all but the key: the right form, with digests that can be made
    without it.
    """
    for key in (b"", bytes(32), BODY[:32]):
        forged = object_cache._sealed(key, NAME, body)
        (home / NAME).write_bytes(object_cache._MAGIC + forged + body)
        assert object_cache.found(NAME) is None
    return object_cache._MAGIC + hashlib.sha256(NAME.encode() + b"\0" + body).digest() + body


def test_what_we_did_not_seal_is_not_taken(home: Path) -> None:
    """Swapped for a sound object of another name, sealed again, changed by a bit, cut, lengthened,
    the seal of another folder: none is taken.
    """
    sound = (home / NAME).read_bytes()
    object_cache.keep("b.o", b"another object")
    attacks = {
        "swapped": (home / "b.o").read_bytes(), "resealed": _resealed(home, b"evil"),
        "a bit": sound[:-1] + bytes([sound[-1] ^ 1]),
        "cut": sound[:-9], "longer": sound + b"\0", "empty": b"", "no seal": object_cache._MAGIC,
        "bare": BODY,
    }  # fmt: skip
    for what, data in attacks.items():
        (home / NAME).write_bytes(data)
        assert object_cache.found(NAME) is None, what
    (home / NAME).write_bytes(sound)
    assert object_cache.found(NAME) == BODY
    (home / "key").write_bytes(bytes(32))
    assert object_cache.found(NAME) is None


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "open to others"])
def test_only_regular_files_of_our_own_are_read(home: Path, kind: str) -> None:
    """A link to a sound file, a pipe (which would block), a folder, a file that others may write;
    each is replaced or left, none stops the call.
    """
    path = home / NAME
    if kind == "open to others":
        path.chmod(0o666)
    else:
        moved = path.rename(home.parent / "moved")
        if kind == "link":
            path.symlink_to(moved)
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.mkdir()
    assert object_cache.found(NAME) is None
    object_cache.keep(NAME, BODY)
    assert object_cache.found(NAME) == (None if kind == "folder" else BODY)
    assert not list(home.glob(".*"))


@pytest.mark.parametrize("damage", ["gone", "short", "others may read it"])
def test_a_key_that_cannot_be_used_is_made_anew(home: Path, damage: str) -> None:
    """What was sealed with the old one is built again."""
    key = home / "key"
    if damage == "gone":
        key.unlink()
    elif damage == "short":
        key.write_bytes(b"short")
    else:
        key.chmod(0o644)
    assert object_cache.found(NAME) is None
    object_cache.keep(NAME, BODY)
    assert object_cache.found(NAME) == BODY
    assert len(key.read_bytes()) == 32


def test_a_write_that_fails_leaves_nothing_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk in the middle of a file, and what a killed process left an hour ago."""
    (home / ".left.part").write_bytes(b"half")
    os.utime(home / ".left.part", (time.time() - 7200,) * 2)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    object_cache.keep("c.o", BODY)
    assert {p.name for p in home.iterdir()} == {NAME, "key"}


def test_the_home_folder_may_be_written_as_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BIOMEMBRANE_CACHE", "~/mine")
    assert object_cache.folder() == tmp_path / "mine"
    monkeypatch.setenv("BIOMEMBRANE_CACHE", "~nobody-of-this-name/mine")
    assert object_cache.folder() is None
    for off in ("off", "OFF", " no ", "0", "false"):
        monkeypatch.setenv("BIOMEMBRANE_CACHE", off)
        assert object_cache.folder() is None
        assert object_cache.found(NAME) is None


def test_a_folder_of_an_earlier_version_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default folder, which once was made for all to read; one that was chosen is not
    changed.
    """
    monkeypatch.delenv("BIOMEMBRANE_CACHE", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "biomembrane").mkdir(mode=0o755)
    object_cache.keep(NAME, BODY)
    assert object_cache.found(NAME) == BODY
    assert (tmp_path / "biomembrane").stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert object_cache.folder() == tmp_path / ".cache" / "biomembrane"


def test_a_place_that_cannot_be_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on without a cache."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("BIOMEMBRANE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.warns(errors.CacheNotUsed, match="not used"):
        assert object_cache.found(NAME) is None
    monkeypatch.setenv("BIOMEMBRANE_CACHE", "/" + "x" * 300)
    with pytest.warns(errors.CacheNotUsed, match="not used"):
        object_cache.keep(NAME, BODY)


def test_a_swapped_object_is_built_again_and_not_called(home: Path) -> None:
    """Two functions of the same name: the object of the one under the key of the other does not
    answer.
    """
    texts = [f"define i64 @one() {{\n  ret i64 {number}\n}}\n" for number in (1, 2)]
    bodies = [module.compiled(text) for text in texts]
    names = [f"{module._key(text)}.o" for text in texts]
    (home / names[0]).write_bytes((home / names[1]).read_bytes())
    assert module.compiled(texts[0]) == bodies[0] != bodies[1]
    assert object_cache.found(names[0]) == bodies[0]
