"""The digest of all that a run on a kept card hangs on: results at the same sources still hold."""

from functools import cache
from hashlib import sha256
from pathlib import Path

__all__ = ["digest"]

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("simulator", "suites", "fixtures", "harness/rspharness", "harness/kept")
_LEFT_OUT = {"__pycache__", "not_applicable", ".pytest_cache", ".mypy_cache"}
"""What is made anew, and the lists, against which results are held when they are read."""


@cache
def digest() -> str:
    """Returns the digest, 16 hexadecimal digits."""
    whole = sha256()
    for folder in _FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            place = path.relative_to(ROOT)
            if path.is_file() and not _LEFT_OUT.intersection(place.parts):
                whole.update(f"{place}\0".encode() + sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:16]
