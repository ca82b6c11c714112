"""The user at the terminal: questions before a download, and progress during it."""

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.metadata import StoreMetadataRequest
from rspharness.lpa.download import DownloadStep
from rspharness.lpa.output import metadata_view, text_lines

__all__ = ["ANSWERS", "DecidedUser", "ProgressBar", "TerminalUser"]

ANSWERS: Final[Mapping[str, CancelSessionReason | None]] = {
    "yes": None,
    "no": CancelSessionReason.endUserRejection,
    "later": CancelSessionReason.postponed,
}
"""What a user can answer: to go on, or the reason to stop."""


def _show(metadata: StoreMetadataRequest, *, strong: bool) -> None:
    print(*text_lines(metadata_view(metadata)), sep="\n", file=sys.stderr)
    if strong:
        print("The operator may forbid disabling or deleting this Profile.", file=sys.stderr)


class DecidedUser:
    """Is shown what is offered, on standard error, and answers as was decided beforehand."""

    def __init__(self, answer: str, confirmation_code: str | None = None) -> None:
        """Takes the answer, one of `ANSWERS`, and the code."""
        self._refusal = ANSWERS[answer]
        self._code = confirmation_code

    def agrees(self, metadata: StoreMetadataRequest, *, strong: bool) -> CancelSessionReason | None:
        """Shows the metadata and gives the answer."""
        _show(metadata, strong=strong)
        return self._refusal

    def confirmation_code(
        self,
        metadata: StoreMetadataRequest,  # noqa: ARG002  shown before
    ) -> str | None:
        """Returns the code given beforehand."""
        return self._code


class TerminalUser:
    """Asks the user at the terminal; questions go to standard error."""

    def __init__(self, confirmation_code: str | None = None) -> None:
        self._code = confirmation_code

    def agrees(self, metadata: StoreMetadataRequest, *, strong: bool) -> CancelSessionReason | None:
        """Shows the metadata and asks; "no" rejects the Profile finally, "later" postpones it."""
        _show(metadata, strong=strong)
        answer = _ask("Install this Profile? [yes/no/later] ").lower()
        if answer in ("y", "yes"):
            return None
        if answer in ("n", "no"):
            return CancelSessionReason.endUserRejection
        return CancelSessionReason.postponed

    def confirmation_code(
        self,
        metadata: StoreMetadataRequest,  # noqa: ARG002  shown before
    ) -> str | None:
        """Returns the code given beforehand, or asks for it."""
        return self._code or _ask("Confirmation Code: ") or None


def _ask(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


class ProgressBar:
    """Shows the steps of a download and, during the load, a bar; on standard error.

    A context manager, and the callable a download reports to. It shows nothing when asked to
    be quiet or when standard error is no terminal.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(stderr=True, quiet=quiet)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Returns the bar; drawing begins with the first step."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Clears the bar."""
        self._progress.stop()

    def __call__(self, step: DownloadStep, done: int, total: int) -> None:
        """Shows a step, or the progress of the load."""
        if step is DownloadStep.CONFIRM:
            self._progress.stop()  # the question uses the terminal
            return
        if self._task is None:
            self._task = self._progress.add_task(step, total=None, amount="")
        self._progress.update(
            self._task,
            description=step,
            completed=done,
            total=total or None,
            amount=f"{done:,} of {total:,} octets" if total else "",
        )
        self._progress.start()
