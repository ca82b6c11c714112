"""Card, LPA and SM-DP+ of versions 2 and 3 in each of the eight mixtures, and what they said.

With a card of version 3.0, which puts some structures otherwise on the wire, there are four more.

A mixture downloads a Profile, enables it, disables and deletes it, and delivers the Notifications.
What each side said of its version is read from the octets that went over ES10 and ES9+, not from
how the sides were made. The tests require it, the documentation shows it, and

    python -m rspharness.simulated.version_mixtures

plays them all and prints a line for each.
"""

import itertools
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, Final

from rspcore import tlv
from rspcore.apdu import Ins
from rspcore.crypto.curves import Curve
from rspcore.frozen import dataclass
from rspcore.messages.es9p import ADMIN_PROTOCOL_HEADER, ADMIN_PROTOCOL_PREFIX
from rspcore.pki.bundle import Pki
from rspcore.profile_maker import make_profile, preset
from rspcore.tags import Tag
from rspharness.lpa import Lpa
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download_steps import STANDARD_DEVICE, STANDARD_DEVICE_V3
from rspharness.lpa.es9p_client import HttpReply
from rspharness.simulated.direct_smdpp import DirectSmdpp
from rspharness.simulated.fixture_cards import simulated_card
from rspharness.simulated.kept_in_process import OneCardLink

__all__ = ["MIXTURES", "Mixture", "Played", "play", "table"]

_SERVERS: Final = {2: "2.5.0", 3: "3.1.0"}
_DEVICES: Final = {2: STANDARD_DEVICE, 3: STANDARD_DEVICE_V3}
_STARTED: Final = datetime(2026, 1, 1, tzinfo=UTC)
_LAST_BLOCK: Final = 0x80


@dataclass(frozen=True, slots=True)
class Mixture:
    """The personality of the card, and the major versions of LPA and server."""

    card: str
    lpa: int
    server: int


_CARDS: Final = ("v2.6", "v3.0", "v3.1")
MIXTURES: Final = tuple(itertools.starmap(Mixture, itertools.product(_CARDS, (2, 3), (2, 3))))
"""Every mixture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a mixture did, and what was said of versions on the wire.

    Attributes:
        card_says: highestSvn of EUICCInfo1, or else its svn.
        lpa_says_to_server: X-Admin-Protocol of its requests.
        lpa_says_to_card: lpaSvn in ctxParams1, empty without one.
        server_says: X-Admin-Protocol of its answers.
        server_says_to_card: serverSvn in serverSigned1, empty without one.
        lpa_capability: Whether lpaRspCapability reached the server with the first request.
        events: Notifications the server accepted, in order.
        left: Profiles on the card at the end.
    """

    card_says: str
    lpa_says_to_server: str
    lpa_says_to_card: str
    server_says: str
    server_says_to_card: str
    lpa_capability: bool
    events: tuple[str, ...]
    left: int


@dataclass(slots=True)
class _Wire:
    """A card and a server, and all that goes to them."""

    link: OneCardLink
    server: DirectSmdpp
    commands: list[bytes] = field(default_factory=list)
    requests: list[tuple[str, Mapping[str, str], bytes, HttpReply]] = field(default_factory=list)
    _block: bytes = b""

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on; keeps what whole chains of STORE DATA hold."""
        if command[1] == Ins.STORE_DATA:
            self._block += command[5 : 5 + command[4]]
            if command[2] & _LAST_BLOCK:
                self.commands.append(self._block)
                self._block = b""
        return self.link.transmit(command)

    def reset(self) -> bytes:
        """Resets the card."""
        return self.link.reset()

    def close(self) -> None:
        """Does nothing: the card stays."""

    def post(self, address: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:  # noqa: ARG002  one server
        """Passes a request on to the server, whatever its address."""
        reply = self.server.post(path, headers, body)
        self.requests.append((path.rpartition("/")[2], headers, body, reply))
        return reply


def play(pki: Pki, mixture: Mixture) -> Played:
    """Plays a mixture.

    Raises:
        RspError: a side refused what another one said.
    """
    server = DirectSmdpp(pki, Curve.NIST_P256, _STARTED, version=_SERVERS[mixture.server])
    card = simulated_card(personality=mixture.card, pki=pki)
    wire = _Wire(OneCardLink(card), server)
    order = server.order(make_profile(preset("PROFILE_OPERATIONAL1")))
    with Lpa(wire, port=wire, device=_DEVICES[mixture.lpa]) as lpa:
        code = ActivationCode.parse(order.activation_code)
        iccid = str(lpa.download(code).iccid)
        lpa.enable(iccid)
        lpa.disable(iccid)
        lpa.delete(iccid)
        lpa.deliver_notifications()
        left = len(lpa.profiles())
    return _said(wire, left)


def _said(wire: _Wire, left: int) -> Played:
    first: Mapping[str, Any] = json.loads(wire.requests[0][2])
    info = tlv.parse(b64decode(first["euiccInfo1"]))
    sent = next(one for one in map(tlv.parse, wire.commands) if one.tag == Tag.AuthenticateServer)
    signed = next(iter(sent.children()))
    protocols = {headers[ADMIN_PROTOCOL_HEADER] for _, headers, _, _ in wire.requests}
    answers = {reply.header(ADMIN_PROTOCOL_HEADER) for *_, reply in wire.requests if reply.body}
    return Played(
        card_says=_version(info, 0x93) or _version(info, 0x82),
        lpa_says_to_server=_only(protocols),
        lpa_says_to_card=_version(_inside(sent, 0xA0, 0xA1, 0xA1), 0x8B),
        server_says=_only(answers),
        server_says_to_card=_version(_inside(signed, 0xA5), 0x80),
        lpa_capability="lpaRspCapability" in first,
        events=tuple(one.event for one in wire.server.receipts if one.verdict == "ACCEPTED"),
        left=left,
    )


def _inside(one: tlv.Tlv | None, *path: int) -> tlv.Tlv | None:
    for tag in path:
        one = None if one is None else one.find(tag)
    return one


def _version(one: tlv.Tlv | None, tag: int) -> str:
    found = None if one is None else one.find(tag)
    return "" if found is None else ".".join(map(str, bytes(found.value)))


def _only(values: set[Any]) -> str:
    (value,) = values
    return str(value).removeprefix(ADMIN_PROTOCOL_PREFIX)


def table(pki: Pki) -> Iterator[tuple[str, ...]]:
    """Yields a row of words for each mixture, for the documentation."""
    for mixture in MIXTURES:
        said = play(pki, mixture)
        yield (
            mixture.card,
            f"v{mixture.lpa}",
            f"v{mixture.server}",
            said.card_says,
            f"{said.lpa_says_to_server} / {said.server_says}",
            said.server_says_to_card or "nothing",
            said.lpa_says_to_card or "nothing",
            ", ".join(dict.fromkeys(said.events)),
        )


if __name__ == "__main__":
    import sys

    from rspcore.pki.generate import make_pki

    sys.stdout.writelines(" | ".join(line) + "\n" for line in table(make_pki()))
