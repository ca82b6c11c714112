"""Where the card of a run is: in this process, behind vpcd, or in a reader."""

from rspharness.targets.opening import open_target

__all__ = ["open_target"]
