"""Options that were renamed: the old spelling is refused, and the message has the new one."""

import argparse
from typing import Any, Final

__all__ = ["RENAMED", "RenamedOption"]

RENAMED: Final = {"--mutants": "--kills", "--mutant-matrix": "--matrix"}
"""Old spelling to new spelling."""


class RenamedOption(argparse.Action):
    """Refuses the old name of an option and reports the new one."""

    def __init__(self, option_strings: list[str], dest: str, **_: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, help=argparse.SUPPRESS)

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        """Reports the new name, as a wrong use of the command line."""
        old = str(rest[-1])
        parser.error(f"{old} is called {RENAMED[old]} now")
