"""Where a fleet has its orders from: a file of activation codes, or a management port."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from rspcore.errors import ConfigError, DecodeError, LocalError
from rspharness.fleet.course import CONFIRMATION, Shares, draw
from rspharness.fleet.phone import Offer
from rspharness.fleet.reckoning import Heard, ServerOrder
from rspharness.lpa.activation_code import ActivationCode

__all__ = ["CodeFile", "ManagedServer", "Orders"]

_TIMEOUT_S: Final = 120.0
_OPEN: Final = ("Released", "Downloaded")


class Orders(Protocol):
    """Orders for phones."""

    def waiting(self) -> Iterable[tuple[str, Offer]]:
        """Returns orders of earlier runs that are not over, each with the EID it is bound to."""

    def new(self, count: int) -> Sequence[Offer]:
        """Returns up to this many new orders; none when there are no more."""

    def states(self) -> Sequence[ServerOrder] | None:
        """Returns the orders of the server, None where it cannot be asked."""

    def heard(self) -> Sequence[Heard] | None:
        """Returns the Notifications since the last call, None where the server cannot be asked."""


class CodeFile:
    """Activation codes in a file, one a line, a Confirmation Code behind it where it has one."""

    def __init__(self, path: Path, over: Collection[str]) -> None:
        """Reads the file.

        Args:
            path: The file; empty lines and lines that begin with # do not count.
            over: MatchingIDs of orders that are over.

        Raises:
            ConfigError: the file cannot be read, or a line is no activation code.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
        self._left = [
            offer for offer in _offers(path, lines)
            if ActivationCode.parse(offer.code).matching_id not in over
        ]  # fmt: skip
        self._left.reverse()

    def waiting(self) -> Iterable[tuple[str, Offer]]:
        """Returns none: which of them was begun is not known here."""
        return ()

    def new(self, count: int) -> Sequence[Offer]:
        """Returns the next ones."""
        return [self._left.pop() for _ in range(min(count, len(self._left)))]

    def states(self) -> None:
        """Returns None: there is no way to ask."""

    def heard(self) -> None:
        """Returns None: there is no way to ask."""


def _offers(path: Path, lines: Iterable[str]) -> Iterator[Offer]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        code, _, confirmation = line.strip().partition(" ")
        try:
            ActivationCode.parse(code)
        except DecodeError as error:
            raise ConfigError(f"{path}, line {number}: {error}") from error
        yield Offer(code=code, confirmation=confirmation.strip())


class ManagedServer:
    """An SM-DP+ with the management port of `rsplab smdpp serve --admin-port`."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        prefix: str,
        seed: str,
        shares: Shares,
        profile: dict[str, object],
    ) -> None:
        """Takes the address of the port; nothing is asked yet.

        Args:
            url: Its address, such as http://127.0.0.1:18446.
            token: The token that the server printed.
            prefix: What MatchingIDs of this fleet begin with.
            seed: What Confirmation Codes are drawn from.
            shares: Which share of the orders has one.
            profile: Members of an order that say which Profile it is.

        Raises:
            LocalError: the address is none of a port on HTTP.
        """
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise LocalError(f"--admin {url!r}: expected http://127.0.0.1:PORT")
        self._url = f"http://{parts.netloc}"
        self._token, self._prefix, self._seed = token, prefix, seed
        self._shares, self._profile = shares, profile
        self._left, self._made = 0, 0

    def ask(self) -> None:
        """Asks the server whether it is there.

        Raises:
            ConfigError: it is not, or refuses the token.
        """
        self._ask("GET", "/")

    def order(self, count: int, begun: int) -> None:
        """Has this many new orders made when phones ask for them.

        Args:
            count: How many.
            begun: How many this fleet has had made before.
        """
        self._left, self._made = count, begun

    def waiting(self) -> Iterable[tuple[str, Offer]]:
        """Returns orders of this fleet that are not over."""
        for state in _OPEN:
            for order in self._ask("GET", f"/orders?state={state}"):
                if order["matchingId"].startswith(self._prefix):
                    yield order["boundTo"] or "", self._offer(order)

    def new(self, count: int) -> Sequence[Offer]:
        """Orders Profiles."""
        taken = min(count, self._left)
        self._left -= taken
        return [self._ordered() for _ in range(taken)]

    def _ordered(self) -> Offer:
        self._made += 1
        matching_id = f"{self._prefix}{self._made}"
        members = {**self._profile, "matchingId": matching_id}
        confirmation = self._confirmation(matching_id)
        if confirmation:
            members["confirmationCode"] = confirmation
        return self._offer(self._ask("POST", "/orders", members))

    def _offer(self, order: dict[str, Any]) -> Offer:
        confirmation = self._confirmation(order["matchingId"])
        return Offer(code=order["activationCode"], confirmation=confirmation)

    def _confirmation(self, matching_id: str) -> str:
        if draw(self._seed, matching_id, CONFIRMATION) >= self._shares.confirmation:
            return ""
        return f"{int(draw(self._seed, matching_id, 'digits') * 1e6):06d}"

    def states(self) -> Sequence[ServerOrder]:
        """Returns the orders of this fleet."""
        return [
            ServerOrder(
                matching_id=one["matchingId"],
                iccid=one["iccid"],
                state=one["state"],
                bound_to=one["boundTo"] or "",
            )
            for one in self._ask("GET", "/orders")
            if one["matchingId"].startswith(self._prefix)
        ]

    def heard(self) -> Sequence[Heard]:
        """Takes the Notifications from the server, which keeps a bounded number of them."""
        return [
            Heard(eid=one["eid"] or "", seq_number=one["seqNumber"], verdict=one["verdict"])
            for one in self._ask("DELETE", "/notifications?shown=true")
        ]

    def _ask(self, method: str, path: str, members: dict[str, object] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        body = None if members is None else json.dumps(members).encode()
        request = Request(self._url + path, body, headers, method=method)  # noqa: S310  http alone
        try:
            with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310  as above
                return json.load(answer)["result"]
        except HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            raise ConfigError(f"{method} {self._url}{path}: {error.code} {text}") from error
        except (URLError, OSError, ValueError, KeyError) as error:
            raise ConfigError(
                f"{method} {self._url}{path}: {error}; is the server there, with --admin-port?"
            ) from error
