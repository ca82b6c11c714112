"""The user at the terminal: questions before a download or an RPM package, and what came of them.

Beside that the progress of a download.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.messages.v3.rpm_package import RpmCommandDetails, RpmCommandResult
from rspcore.messages.v3.server_authentication import CancelSessionReason as NewerReason
from rspcore.printable_text import printable
from rspharness.lpa.download import DownloadStep
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import code_text
from rspharness.lpa.newer.port_management import agree
from rspharness.lpa.newer.remote_packages import LoadedPackage
from rspharness.lpa.output import metadata_view, text_lines
from rspharness.lpa.proactive import settle_refresh

__all__ = [
    "ANSWERS",
    "DecidedUser",
    "ProgressBar",
    "TerminalOwner",
    "TerminalUser",
    "agreed_at_terminal",
    "package_lines",
    "package_views",
    "settling",
]

ANSWERS: Final[Mapping[str, CancelSessionReason | None]] = {
    "yes": None,
    "no": CancelSessionReason.endUserRejection,
    "later": CancelSessionReason.postponed,
}
"""What a user can answer: to go on, or the reason to stop."""


_NAMES = ("enable", "disable", "delete", "list_profile_info", "update_metadata", "contact_pcmp")
_RESULTS = ("enable_result", "disable_result", "delete_result")


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


class TerminalOwner:
    """Asks at the terminal before a package is loaded, unless it was decided beforehand.

    Args:
        agreed: True to agree, False to refuse, None to ask.
        refusal: Reason of CancelSession when it is not agreed.
    """

    allows_rpm = True

    def __init__(
        self,
        *,
        agreed: bool | None,
        refusal: NewerReason = NewerReason.endUserRejection,
    ) -> None:
        self._agreed = agreed
        self._refusal = refusal

    def agrees_to(self, commands: tuple[RpmCommandDetails, ...], *, strong: bool) -> int | None:
        """Shows the commands and asks."""
        for one in commands:
            print(f"the operator asks to {_named(one)}", file=sys.stderr)
        agreed = self._agreed
        if agreed is None:
            agreed = agreed_at_terminal("Allow it, deletion too?" if strong else "Allow it?")
        return None if agreed else self._refusal


def settling(options: argparse.Namespace) -> Callable[[IsdrChannel], object]:
    """Returns what is done after a package.

    What is announced is carried out. On a card with eSIM Ports (--mep) it is reset, too, and the
    mode agreed on again: on which ports the package changed something is not looked for.
    """
    if options.mep is None:
        return settle_refresh

    def settled(card: IsdrChannel) -> None:
        settle_refresh(card)
        agree(card, MepMode[options.mep])

    return settled


def agreed_at_terminal(question: str) -> bool:
    """Asks at the terminal; everything but yes is a no."""
    return _ask(f"{question} [yes/no] ").lower() in ("y", "yes")


def _named(details: RpmCommandDetails) -> str:
    name = next(one for one in _NAMES if getattr(details, one) is not None)
    iccid = getattr(getattr(details, name), "iccid", None)
    return f"{name.replace('_', ' ')}{'' if iccid is None else f' {iccid}'}"


def _result(one: RpmCommandResult) -> str:
    """Returns the result of a command in words."""
    data = one.data
    for part in (data.enable_result, data.disable_result, data.delete_result):
        if part is not None:
            (code,) = [getattr(part, name) for name in _RESULTS if hasattr(part, name)]
            return code_text(code)
    if data.update_metadata_result is not None:
        return code_text(data.update_metadata_result)
    if data.rpm_processing_terminated is not None:
        return f"ended: {code_text(data.rpm_processing_terminated)}"
    listed = data.list_profile_info_result
    if listed is not None and listed.profile_info_list_ok is not None:
        return ", ".join(str(info.iccid) for info in listed.profile_info_list_ok) or "no Profile"
    return printable(repr(data))


def package_views(packages: Sequence[LoadedPackage]) -> list[dict[str, object]]:
    """Returns each package as it is shown in JSON."""
    return [
        {
            "commands": [_named(one) for one in package.commands],
            "results": [_result(one) for one in package.results],
            "error": None if package.error is None else code_text(package.error),
        }
        for package in packages
    ]


def package_lines(packages: Sequence[LoadedPackage]) -> list[str]:
    """Returns what each package did, a line for each command with a result."""
    lines: list[str] = []
    for package in packages:
        done = zip(package.commands, package.results, strict=False)
        lines += [f"{_named(command)}: {_result(result)}" for command, result in done]
        if package.error is not None:
            lines.append(f"the card refused the package: {code_text(package.error)}")
    return lines


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
