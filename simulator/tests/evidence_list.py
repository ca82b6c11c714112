"""The list of evidence from outside, `fixtures/evidence.toml`: names, hashes, places."""

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("RSPLAB_DATA") or ROOT.parent / "shared" / "data")
"""Where the files are that are not in the repository."""


def groups() -> list[dict[str, Any]]:
    """Returns the groups of the list: `folder`, `proves`, `origin`, and `sha256` by file."""
    content = tomllib.loads((ROOT / "fixtures" / "evidence.toml").read_text(encoding="utf-8"))
    return list(content["group"])


def listed() -> dict[str, str]:
    """Returns the list: each file, below the root or the folder of data, with its SHA-256."""
    files = {}
    for group in groups():
        for name, digest in group["sha256"].items():
            files[f"{group['folder']}/{name}"] = digest
    return files


def found(name: str) -> Path:
    """Returns where a listed file or folder is, whether it is there or not."""
    return (ROOT if name.startswith("fixtures/") else DATA) / name


def digest_of(path: Path) -> str:
    """Returns the SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
