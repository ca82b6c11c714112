"""Old runs removed: the folders of all but the latest ones, in the folder of reports."""

import re
import shutil
from pathlib import Path
from typing import Final

__all__ = ["prune"]

_RUN: Final = re.compile(r"[0-9]{8}-[0-9]{6}-.+")


def prune(root: Path, keep: int) -> list[Path]:
    """Removes the folders of the oldest runs.

    Only what is the folder of a run by its name and by the run.json in it is removed, and never one
    that is reached by a link.

    Args:
        root: Folder of all reports.
        keep: How many runs stay, 1 or more.

    Returns:
        The folders that were removed, the oldest first.
    """
    runs = sorted(
        (
            folder
            for folder in root.iterdir()
            if _RUN.fullmatch(folder.name)
            and not folder.is_symlink()
            and (folder / "run.json").is_file()
        ),
        key=lambda folder: folder.name,
    )
    old = runs[: max(0, len(runs) - max(keep, 1))]
    for folder in old:
        shutil.rmtree(folder)
    return old
