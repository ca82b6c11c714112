"""Orders by a program of the user.

It is called with `order`, `state` or `change` as its last argument, reads one JSON object from its
standard input and writes one to its standard output. Exit code 3 says that it cannot do this.
"""

import json
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any, Final

from rspcore.errors import ConfigError
from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive, NotApplicable

__all__ = ["Script"]

_CANNOT: Final = 3
_TIME_LIMIT_S: Final = 60.0


def _words(action: str, given: Mapping[str, Any]) -> str:
    """Returns what a program was asked for.

    >>> _words("order", {"profile": "PROFILE_OPERATIONAL1", "expired": True})
    'an order with expired true'
    >>> _words("state", {"number": "1"})
    'state'
    """
    if action != "order":
        return str(given.get("event", action))
    usual = OrderWish().profile
    wished = {name: one for name, one in given.items() if (name, one) != ("profile", usual)}
    named = ", ".join(f"{name} {json.dumps(one)}" for name, one in wished.items())
    return f"an order with {named}" if named else "an order like any other"


class Script:
    """Orders by a program of the user."""

    def __init__(self, text: str) -> None:
        """Takes the command line.

        Raises:
            ConfigError: it is empty.
        """
        self._command = shlex.split(text)
        if not self._command:
            raise ConfigError("--provision script: expected a command after it")

    def _run(self, action: str, given: Mapping[str, Any]) -> dict[str, Any]:
        try:
            done = subprocess.run(  # noqa: S603  the user's own command
                [*self._command, action],
                input=json.dumps(given),
                capture_output=True,
                text=True,
                timeout=_TIME_LIMIT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Inconclusive(f"the script of --provision: {error}") from error
        if done.returncode == _CANNOT:
            why = f": {done.stderr.strip()}" if done.stderr.strip() else ""
            what = _words(action, given)
            raise NotApplicable(f"the script of --provision ends with 3 for {what}{why}")
        if done.returncode:
            raise Inconclusive(
                f"the script of --provision ended with {done.returncode}: {done.stderr.strip()}"
            )
        try:
            answer = json.loads(done.stdout or "{}")
        except (ValueError, RecursionError) as error:
            raise Inconclusive(f"the script of --provision wrote no JSON: {error}") from error
        if not isinstance(answer, dict):
            raise Inconclusive("the script of --provision wrote no JSON object")
        return answer

    def order(self, wish: OrderWish, trace: Trace) -> Ordered:
        """Passes the wish on: `COMMAND order`.

        Raises:
            Inconclusive: the script gave no matchingId.
        """
        given = {"profile": wish.profile, **wish.differences}
        made = self._run("order", given)
        trace.remark(f"order: {json.dumps(given)} -> {json.dumps(made)}")
        if not isinstance(made.get("matchingId"), str):
            raise Inconclusive("the script of --provision gave no matchingId")
        return Ordered(
            matching_id=made["matchingId"],
            iccid=str(made.get("iccid", "")),
            number=str(made.get("number", made["matchingId"])),
        )

    def state(self, ordered: Ordered) -> str:
        """Asks for the state: `COMMAND state`."""
        return str(self._run("state", {"number": ordered.number}).get("state", ""))

    def change(self, ordered: Ordered, event: str) -> None:
        """Passes an event on: `COMMAND change`."""
        self._run("change", {"number": ordered.number, "event": event})

    def close(self) -> None:
        """Does nothing: the orders are the script's."""
