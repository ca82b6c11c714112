"""How an order comes to be at the server under test: one adapter for each way.

An adapter makes orders as a case wishes them. What it cannot make is *not applicable*: the case
says which wish, and nothing was sent to the server. A new way is one class and one line in `WAYS`.

    management:http://127.0.0.1:9000#TOKEN    the management port of `rsplab smdpp serve`
    directory:DIR                             packages in DIR, each named by its MatchingID
    script:COMMAND                            a program that is given the wish as JSON

A script reads one JSON object from its standard input and writes one to its standard output:
`{"matchingId": "...", "iccid": "..."}`. Its exit code 3 says that it cannot make such an order.
"""

import json
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import urllib3

from rspcore.errors import ConfigError, LocalError
from rspcore.ids import Eid
from rspcore.profile_maker import make_profile, preset
from rspharness.record.near_match import near
from rspharness.record.verdicts import Inconclusive, NotApplicable

__all__ = ["WAYS", "Management", "OrderWish", "Ordered", "Provision", "provision_of", "require_way"]

_CANNOT: Final = 3
_TIME_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWish:
    """What an order has to be.

    Attributes:
        profile: Name of the Profile (`rsplab card profiles`).
        ppr: Profile policy rules it has in place of its own, such as "ppr1".
        matching_id: MatchingID; any when None, and empty for a card that asks by its EID.
        confirmation_code: Code that the End User has to enter, or None.
        eid: Digits of the only EID that may have it, or None for any card.
        released: Whether it may be downloaded at once.
        expired: Whether its time is over.
        downloads: Authentications before it ends in Error, None for the server's own limit.
        wrong_codes: Wrong Confirmation Codes before it does, None likewise.
        size: Octets of its package, None for any.
    """

    profile: str = "PROFILE_OPERATIONAL1"
    ppr: tuple[str, ...] | None = None
    matching_id: str | None = None
    confirmation_code: str | None = None
    eid: str | None = None
    released: bool = True
    expired: bool = False
    downloads: int | None = None
    wrong_codes: int | None = None
    size: int | None = None

    @property
    def differences(self) -> dict[str, Any]:
        """Returns what is not as in any order."""
        usual = asdict(OrderWish())
        return {name: one for name, one in asdict(self).items() if one != usual[name]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order at the server under test.

    Attributes:
        matching_id: Its MatchingID.
        iccid: ICCID of the Profile, digits; empty where the adapter does not know it.
        number: What the adapter finds it by again.
        upp: The package ordered, empty where the adapter does not know it.
    """

    matching_id: str
    iccid: str = ""
    number: str = ""
    upp: bytes = b""


class Provision(Protocol):
    """A way to make orders."""

    def order(self, wish: OrderWish) -> Ordered:
        """Makes an order.

        Raises:
            NotApplicable: this way cannot make such an order. Nothing was ordered.
            Inconclusive: it should have, and failed.
        """

    def state(self, ordered: Ordered) -> str:
        """Returns the state of the Profile, such as "Released" (SGP.22 v2, 3.1.6).

        Raises:
            NotApplicable: this way cannot see it.
        """

    def change(self, ordered: Ordered, event: str) -> None:
        """Lets the operator do something with an order: RELEASED, CANCELLED or WITHDRAWN.

        Raises:
            NotApplicable: this way cannot do it.
        """

    def close(self) -> None:
        """Removes what was made for the run."""


class Management:
    """Orders through the management port of `rsplab smdpp serve`."""

    def __init__(self, text: str) -> None:
        """Takes the address of the port with the token after `#`.

        Raises:
            ConfigError: it has no token.
        """
        url, _, token = text.partition("#")
        if not url.startswith("http") or not token:
            raise ConfigError(
                f"--provision management:{text}: expected http://HOST:PORT#TOKEN, as "
                "`rsplab smdpp serve --admin-port` prints them"
            )
        self._url = url.rstrip("/").removesuffix("/page")
        self._http = urllib3.PoolManager(headers={"Authorization": f"Bearer {token}"})

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Calls a route of the port and returns the result in its answer.

        Raises:
            Inconclusive: it refuses, or gives no answer.
        """
        try:
            answer = self._http.request(
                method,
                self._url + path,
                json=None if body is None else dict(body),
                retries=False,
                timeout=_TIME_LIMIT_S,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Inconclusive(f"the management port gives no answer: {error}") from error
        if answer.status >= 300:
            text = answer.data.decode("utf-8", "replace")[:300]
            raise Inconclusive(f"the management port refuses {method} {path}: {text}")
        return json.loads(answer.data)["result"] if answer.data else None

    def order(self, wish: OrderWish) -> Ordered:
        """Makes an order; every wish can be met."""
        named = {
            "profile": wish.profile,
            "matchingId": wish.matching_id,
            "confirmationCode": wish.confirmation_code,
            "eid": wish.eid,
            "downloads": wish.downloads,
            "wrongCodes": wish.wrong_codes,
            "size": wish.size,
        }
        body: dict[str, Any] = {name: one for name, one in named.items() if one is not None}
        if wish.ppr is not None:
            body["ppr"] = list(wish.ppr)
        if not wish.released:
            body["released"] = False
        if wish.expired:
            body["expiresAt"] = datetime.now(UTC).isoformat()  # noqa: TID251  the server's is real
        made = self.call("POST", "/orders", body)
        return Ordered(
            matching_id=made["matchingId"], iccid=made["iccid"], number=str(made["number"])
        )

    def state(self, ordered: Ordered) -> str:
        """Returns the state of the Profile."""
        return str(self.call("GET", f"/orders/{ordered.number}")["state"])

    def change(self, ordered: Ordered, event: str) -> None:
        """Applies an event to the order."""
        self.call("POST", f"/orders/{ordered.number}", {"event": event})

    def close(self) -> None:
        """Closes the connections."""
        self._http.clear()


class Directory:
    """Packages in a folder that the server looks into, each named by its MatchingID."""

    def __init__(self, text: str) -> None:
        """Takes the folder.

        Raises:
            ConfigError: there is none.
        """
        self._folder = Path(text)
        if not self._folder.is_dir():
            raise ConfigError(f"--provision directory:{text}: no such folder")
        self._made: list[Path] = []

    def order(self, wish: OrderWish) -> Ordered:
        """Puts a package into the folder."""
        cannot = sorted(wish.differences.keys() - {"profile", "matching_id"})
        if cannot or wish.matching_id == "":
            named = ", ".join(cannot) or "an empty MatchingID"
            raise NotApplicable(f"a folder of packages makes no order with {named}")
        name = wish.matching_id or f"RSPLAB-{len(self._made) + 1}"
        made = make_profile(preset(wish.profile))
        file = self._folder / f"{name}.der"
        file.write_bytes(made.upp)
        self._made.append(file)
        return Ordered(matching_id=name, iccid=str(made.metadata.iccid), upp=made.upp)

    def state(self, ordered: Ordered) -> str:  # noqa: ARG002  no order has one here
        """Raises `NotApplicable`: such a server shows no states."""
        raise NotApplicable("a folder of packages shows no state of an order")

    def change(self, ordered: Ordered, event: str) -> None:  # noqa: ARG002  as above
        """Raises `NotApplicable`: there is no operator."""
        raise NotApplicable(f"a folder of packages has no operator who could do {event}")

    def close(self) -> None:
        """Removes the packages of the run."""
        for file in self._made:
            file.unlink(missing_ok=True)


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
            why = done.stderr.strip() or f"the script cannot do {action}"
            raise NotApplicable(f"the script of --provision: {why}")
        if done.returncode:
            raise Inconclusive(
                f"the script of --provision ended with {done.returncode}: {done.stderr.strip()}"
            )
        try:
            answer = json.loads(done.stdout or "{}")
        except ValueError as error:
            raise Inconclusive(f"the script of --provision wrote no JSON: {error}") from error
        if not isinstance(answer, dict):
            raise Inconclusive("the script of --provision wrote no JSON object")
        return answer

    def order(self, wish: OrderWish) -> Ordered:
        """Passes the wish on: `COMMAND order`."""
        made = self._run("order", {"profile": wish.profile, **wish.differences})
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


class Nothing:
    """No way to make orders: cases that need none."""

    def order(self, wish: OrderWish) -> Ordered:  # noqa: ARG002  none can be met
        """Raises `NotApplicable`."""
        raise NotApplicable("no --provision: how an order comes to be is not known")

    def state(self, ordered: Ordered) -> str:  # noqa: ARG002  as above
        """Raises `NotApplicable`."""
        raise NotApplicable("no --provision: orders cannot be seen")

    def change(self, ordered: Ordered, event: str) -> None:  # noqa: ARG002  as above
        """Raises `NotApplicable`."""
        raise NotApplicable("no --provision: orders cannot be changed")

    def close(self) -> None:
        """Does nothing."""


WAYS: Final[Mapping[str, Callable[[str], Provision]]] = {
    "management": Management,
    "directory": Directory,
    "script": Script,
}
"""The ways by the word before the colon."""


def require_way(text: str) -> None:
    """Requires what `--provision` names to be a way.

    Raises:
        LocalError: it is none.
    """
    word = text.partition(":")[0]
    if text and word not in WAYS:
        raise LocalError(
            f"--provision {text}: expected {', '.join(WAYS)} and what follows a colon"
            f"{near(word, WAYS)}"
        )


def provision_of(text: str) -> Provision:
    """Returns the way that `--provision` names; none when it is empty.

    Raises:
        LocalError: there is no such way.
        ConfigError: what it needs is not there.
    """
    if not text:
        return Nothing()
    require_way(text)
    word, _, rest = text.partition(":")
    return WAYS[word](rest)


def other_eid(number: int) -> Eid:
    """Returns the EID of a further card, within the range of the test EUM."""
    return Eid.from_first_digits(f"89049032{7_000_000 + number:022d}")
