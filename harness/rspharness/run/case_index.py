"""Which files of the suites have a case, by the ids that stand in their text.

A run of one case has no need to import the files of all others. A file is left out only where its
ids are all written out; one that computes ids is collected as ever.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from rspcore.frozen import dataclass

__all__ = ["CaseIndex", "ids_in"]

_ID: Final = re.compile(r"""(?<=["' ])([A-Za-z0-9+.-]+#\w+)(?=["' ])""")
_COMPUTED: Final = re.compile(r"""testcase(?:\(\s*[^"'\s)]|\.each\(\s*["'][^"']*["'],\s*[^{\s])""")
"""A marker with something else than texts in quotes."""
_PUT_TOGETHER: Final = ("#{", '#"', "#'")
"""Parts of an id that is put together."""


@dataclass(frozen=True, slots=True)
class CaseIndex:
    """The files of the suites and the ids of their cases.

    Attributes:
        left_out: Ids in the files that need not be collected.
        paths: Those files, and the folders that hold nothing else.
    """

    left_out: frozenset[str] = frozenset()
    paths: frozenset[Path] = frozenset()

    @classmethod
    def of(cls, suites: Iterable[Path], wanted: list[str]) -> "CaseIndex":
        """Reads the files of the suites.

        Args:
            suites: Files with cases.
            wanted: Ids of the cases to run; * is a wildcard. Without one, every file is needed;
                so it is where none of the files has such a case, for the message to name what
                comes near.
        """
        ids: set[str] = set()
        files: set[Path] = set()
        needed: set[Path] = set()
        kept: set[Path] = set()
        for path in suites if wanted else ():
            text = path.read_text(encoding="utf-8")
            here = ids_in(text)
            if any(fnmatchcase(name, pattern) for name in here for pattern in wanted):
                needed.update((path, path.parent))
            elif here and not _is_computed(text):
                ids.update(here)
                files.add(path)
            else:
                kept.add(path.parent)
        if not needed:
            return cls()
        folders = {path.parent for path in files} - needed - kept
        return cls(frozenset(ids), frozenset(files | folders))


def ids_in(text: str) -> list[str]:
    """Returns the ids that are written out in the text of a file, in its order."""
    return _ID.findall(text)


def _is_computed(text: str) -> bool:
    return any(part in text for part in _PUT_TOGETHER) or _COMPUTED.search(text) is not None
