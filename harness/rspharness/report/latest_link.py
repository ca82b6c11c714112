"""The link `latest`, which points from the folder of all reports to that of the last run."""

from pathlib import Path

__all__ = ["point_latest", "why_latest_stays"]


def point_latest(folder: Path) -> None:
    """Points the link `latest` beside the folder of a run to it.

    Only a link is replaced: what else has that name is somebody's, and is left as it is.
    """
    latest = folder.parent / "latest"
    if why_latest_stays(folder):
        return
    new = folder.parent / f".latest-{folder.name}"
    new.symlink_to(folder.name, target_is_directory=True)
    new.replace(latest)  # in one step, so that two runs that end together do not meet


def why_latest_stays(folder: Path) -> str:
    """Returns why `latest` cannot point to the folder of a run, or an empty text if it can."""
    latest = folder.parent / "latest"
    if latest.is_symlink() or not latest.exists():
        return ""
    kind = "folder" if latest.is_dir() else "file"
    return f"{latest} is a {kind}, not a link, and was left as it is"
