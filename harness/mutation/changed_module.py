"""A module with one change, put in the place of the sound one before anything imports it.

The sources on the disk stay as they are: a finder gives the changed text to whoever imports the
module. What a test starts as another process has the sound module.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

__all__ = ["module_name", "put_in_place"]

_ROOTS = ("simulator", "harness")


def module_name(path: Path) -> str:
    """Returns the name by which a source file below a root is imported."""
    parts = path.with_suffix("").parts
    start = next(place for place, part in enumerate(parts) if part in _ROOTS)
    return ".".join(parts[start + 1 :])


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> object:
        """Compiles the changed text; nothing of it is kept."""
        return compile(self._text, self.get_filename(fullname), "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, name: str, path: Path, text: str) -> None:
        self._name, self._path, self._text = name, path, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Finds the changed module, and nothing else."""
        del path, target
        if fullname != self._name:
            return None
        place = str(self._path)
        return spec_from_file_location(
            fullname, place, loader=_Changed(fullname, place, self._text)
        )


def put_in_place(path: Path, text: str) -> None:
    """Makes later imports of a module take another text.

    Raises:
        RuntimeError: the module has been imported already.
    """
    name = module_name(path)
    if name in sys.modules:
        raise RuntimeError(f"{name} has been imported before its change")
    sys.meta_path.insert(0, _Finder(name, path, text))
