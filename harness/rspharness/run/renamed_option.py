"""Options that have another name now: the old spelling answers with the new one."""

import argparse
from typing import Any, Final

__all__ = ["RENAMED", "RenamedOption"]

RENAMED: Final = {"--mutants": "--kills", "--mutant-matrix": "--matrix"}
"""Old spelling to new spelling."""


class RenamedOption(argparse.Action):
    """Ends the command line with the new name of an option."""

    def __init__(self, option_strings: list[str], dest: str, **_: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, help=argparse.SUPPRESS)

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        """Says the new name, as a wrong use of the command line."""
        old = str(rest[-1])
        parser.error(f"{old} is called {RENAMED[old]} now")
