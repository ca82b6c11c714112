"""The API: the names that are declared stable, and no others."""

import tomllib
from pathlib import Path
from typing import Final

from generators.page import save

__all__ = ["STABLE_NAMES", "stable_names", "write"]

STABLE_NAMES: Final = Path(__file__).parents[1] / "stable_names.toml"
_DIRECTIVES: Final = {"class": "autoclass", "function": "autofunction", "module": "automodule"}


def stable_names() -> dict[str, dict[str, str]]:
    """Returns the stable names by section: dotted name, then class, function, module or fixture."""
    return tomllib.loads(STABLE_NAMES.read_text(encoding="utf-8"))


def _entry(name: str, kind: str) -> str:
    module, _, last = name.rpartition(".")
    if kind == "fixture":
        return f"```{{eval-rst}}\n.. autofunction:: {module}.{last}\n   :no-index-entry:\n```"
    members = "   :members:\n" if kind in ("class", "module") else ""
    if kind == "class":
        members += "   :special-members: __call__\n"
    return f"```{{eval-rst}}\n.. {_DIRECTIVES[kind]}:: {name}\n{members}```"


def write(folder: Path) -> None:
    """Writes `api.md`."""
    parts = []
    for section, names in stable_names().items():
        parts.append(f"## {section}")
        parts += [_entry(name, kind) for name, kind in names.items()]
    save(
        folder,
        "api.md",
        "# API",
        "These names are stable: what changes in them is in the change log, with the version. "
        "Everything else may change without a word.",
        *parts,
    )
