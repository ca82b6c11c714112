"""RPM packages at the terminal: who is asked before one is loaded, and how one is shown."""

import argparse
import sys
from collections.abc import Callable, Sequence

from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.messages.v3.rpm_package import RpmCommandDetails, RpmCommandResult
from rspcore.messages.v3.server_authentication import CancelSessionReason
from rspcore.printable_text import printable
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import code_text
from rspharness.lpa.newer.port_management import agree
from rspharness.lpa.newer.remote_packages import LoadedPackage
from rspharness.lpa.proactive import settle_refresh

__all__ = ["TerminalOwner", "agreed_at_terminal", "package_lines", "package_views", "settling"]

_NAMES = ("enable", "disable", "delete", "list_profile_info", "update_metadata", "contact_pcmp")
_RESULTS = ("enable_result", "disable_result", "delete_result")


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
        refusal: CancelSessionReason = CancelSessionReason.endUserRejection,
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
    print(f"{question} [yes/no] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


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
