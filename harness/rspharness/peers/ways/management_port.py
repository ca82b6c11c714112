"""Orders through the management port of `rsplab smdpp serve`."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import urllib3

from rspcore.errors import ConfigError
from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive

__all__ = ["Management"]

_TIME_LIMIT_S: Final = 60.0


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

    def order(self, wish: OrderWish, trace: Trace) -> Ordered:  # noqa: ARG002  not on the wire of LPAs
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
        if wish.metadata:
            more = base64.b64encode(bytes.fromhex(wish.metadata))
            body["moreMetadata"] = more.decode("ascii")
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
