"""Presets: named kinds of cards for tests of an LPA, each with its peculiarities.

Each is modelled on reports from the field, not on one product. A preset is a personality, options,
faults and memory under one name; what a command line or a test asks for beside it is added.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final

from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
from rspsim.euicc import startup
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.state import Volatile

__all__ = ["PRESETS", "RECORDED", "USUAL", "VENDOR_AID", "CardPreset", "preset_named"]

VENDOR_AID: Final = bytes.fromhex("A0000005591010FFFFFFFF8900000177")
"""AID under which the ISD-R of the preset vendor-aid answers; one that removable cards use."""

_TO_TERMINAL: Final = bytes.fromhex("82028182")
"""Device identities: from the UICC to the terminal."""
_USUAL_TOOLKIT: Final = (
    (0x25, 0x00, _TO_TERMINAL + bytes.fromhex("85044D656E75 8F0501496E666F 8F050242616E6B")),
    (0x05, 0x00, _TO_TERMINAL + bytes.fromhex("9903030405")),
    (0x03, 0x00, _TO_TERMINAL + bytes.fromhex("8402011E")),
    (0x27, 0x00, _TO_TERMINAL + bytes.fromhex("A40101 A503000003")),
    (0x02, 0x00, _TO_TERMINAL),
)
"""What cards of operators offer: SET UP MENU, SET UP EVENT LIST, POLL INTERVAL, TIMER MANAGEMENT
and MORE TIME (TS 102 223, 6.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPreset:
    """One kind of card.

    Attributes:
        name: Name by which it is requested.
        summary: How it behaves, one sentence.
        personality: Name of its personality; None for the default one.
        options: Options that differ from the personality's, "name=value" each.
        faults: Names of its faults.
        variations: Names of its legal variations (`rspsim.variations`).
        claims: What it says of itself otherwise than its personality (`rspsim.card_claims`).
        memory: Non-volatile memory for Profiles, in octets; None for the personality's.
        isdr_aid: AID its ISD-R answers to in place of the standard one; empty for that one.
        busy: True for proactive commands that wait after every reset.
        delays_ms: Milliseconds the card takes for a function, by the tag of its request; the tag 0
            stands for any command.
    """

    name: str
    summary: str
    personality: str | None = None
    options: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    variations: tuple[str, ...] = ()
    claims: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    memory: int | None = None
    isdr_aid: bytes = b""
    busy: bool = False
    delays_ms: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def changed(self, decisions: Decisions) -> Decisions:
        """Returns decisions with AID, toolkit and variations of this kind of card, without faults.

        Raises:
            LocalError: there is no such variation.
        """
        if self.variations:
            from rspsim.variations.named_variations import (  # noqa: PLC0415  most cards have none
                variation_named,
                varied,
            )

            decisions = varied(decisions, map(variation_named, self.variations))
        if self.isdr_aid:
            from rspsim.euicc import applications  # noqa: PLC0415  as in `Euicc`

            decisions = decisions.having(applications.MATCHES, self._matches)
        if self.busy:
            decisions = decisions.having(startup.FORGOTTEN, _with_toolkit)
        return decisions

    def _matches(self, aid: bytes, name: bytes) -> bool:
        from rspsim.euicc import applications  # noqa: PLC0415  as in `Euicc`
        from rspsim.euicc.isdr import selection  # noqa: PLC0415  likewise

        known = self.isdr_aid if aid == selection.AID.octets else aid
        return applications.MATCHES.standard(known, name)

    def varied(self, names: Iterable[str]) -> "CardPreset":
        """Returns this kind of card with further legal variations.

        Raises:
            LocalError: there is no such variation.
        """
        asked = tuple(names)
        if not asked:
            return self
        from rspsim.variations.named_variations import variation_named  # noqa: PLC0415  as above

        added = tuple(map(variation_named, asked))
        personality = next((one.personality for one in added if one.personality), None)
        return replace(
            self,
            personality=self.personality or personality,
            options=(*self.options, *(option for one in added for option in one.options)),
            claims=dict(claim for one in added for claim in one.claims) | dict(self.claims),
            variations=(*self.variations, *(one.name for one in added)),
        )


def _with_toolkit(before: Volatile, /) -> Volatile:
    """Returns the values after a reset with the proactive commands of a usual toolkit."""
    from rspsim.euicc.uicc import toolkit  # noqa: PLC0415  most cards offer nothing

    forgotten = startup.FORGOTTEN.standard(before)
    offered = toolkit.next_offered(replace(forgotten.cat, queue=_USUAL_TOOLKIT))
    return replace(forgotten, cat=offered)


_EASTCOMPEACE: Final = (
    "status-words.unknown-tag-6D00",
    "status-words.no-data-6D00",
    "status-words.tag-alone-answered",
    "status-words.unread-authentication-127",
    "status-words.unread-preparation-1",
    "status-words.cut-segment-reason-8",
    "status-words.misplaced-segment-6A88",
    "status-words.reset-of-nothing-ok",
    "load.challenge-before-signature",
    "load.transaction-before-signature",
    "load.transaction-before-smdp-sign",
    "lists.isdp-from-1200",
    "channels.opened-by-select",
    "channels.always-with-fci",
    "objects.ecasd-without-fci",
)
_KIGEN: Final = (
    "status-words.unknown-tag-6982",
    "status-words.no-data-9000",
    "channels.opened-by-select",
    "channels.always-with-fci",
)
RECORDED: Final = (
    CardPreset(
        name="ec-222",
        summary="as 5ber and Xesim were recorded, but for the AID of their ISD-R",
        personality="ec-222",
        variations=(*_EASTCOMPEACE, "lists.numbers-from-0", "channels.closing-twice-is-fine"),
    ),
    CardPreset(
        name="ec-220",
        summary="as eSIM.me was recorded",
        personality="ec-220",
        variations=(*_EASTCOMPEACE, "lists.numbers-from-501", "channels.closing-twice-warns"),
    ),
    CardPreset(
        name="kigen-230",
        summary="as 9eSIM was recorded, with the headers of segments that it does not need",
        personality="kigen-230",
        variations=(
            *_KIGEN,
            "results.signed-again",
            "lists.numbers-from-0",
            "lists.notifications-by-event",
            "channels.closing-twice-is-fine",
        ),
    ),
    CardPreset(
        name="sysmo-c2t",
        summary="as sysmoEUICC1-C2T is described, and the rest as Kigen cards were recorded",
        personality="sysmo-c2t",
        variations=_KIGEN,
    ),
    CardPreset(
        name="gd-220",
        summary="as eSTK.me and a test eUICC of the G+D family were recorded",
        personality="gd-220",
        variations=("results.signed-again", "memory.volatile-in-four-octets"),
    ),
    CardPreset(
        name="iot-gd",
        summary="as an IoT card of the G+D family was recorded, E1 beside E0 among it",
        personality="iot-gd",
        variations=("objects.fci-unknown", "results.signed-again"),
    ),
)
"""The six personalities of real cards, each with what it does otherwise than the usual card."""

PRESETS: Final = (
    CardPreset(name="spec", summary="as the specification says"),
    CardPreset(
        name="removable-strict",
        summary="requires TERMINAL CAPABILITY before anything, and answers only by GET RESPONSE",
        options=(
            "terminal-capability-enforced=yes",
            "terminal-capability-refuses-select=yes",
            "response-mode=get-response",
        ),
    ),
    CardPreset(
        name="vendor-aid",
        summary="has its ISD-R under an AID of its maker; the standard one is answered with 6A82",
        isdr_aid=VENDOR_AID,
    ),
    CardPreset(
        name="busy-toolkit",
        summary="offers menu, events, poll interval, timer and MORE TIME after each reset, and "
        "answers catBusy(5) until the last response",
        options=("cat-busy=yes", "pending-listing=refused", "switch-ends-session=yes"),
        busy=True,
    ),
    CardPreset(
        name="notification-hostile",
        summary="numbers Notifications from 0, filters by exact match, writes lengths in long form",
        options=("first-seq-number=0", "notification-capacity=4"),
        faults=("es10b.notifications.filter-exact", "es10b.list-notification.none-in-long-form"),
    ),
    CardPreset(
        name="old-firmware",
        summary="version 2.2.2, stops at unknown tags, and leaves optional parts of EUICCInfo2 out",
        personality="v2.2.2",
        options=("unknown-info-tag-refused=yes", "segment-limit=1020"),
        faults=("information.info2.no-java-card-version", "select.fci.no-template"),
    ),
    CardPreset(
        name="strict-segments",
        summary="refuses a protected segment of more than 1,020 octets, header and MAC included",
        options=("segment-limit=1020",),
    ),
    CardPreset(
        name="nearly-full",
        summary="has room for one small Profile",
        memory=16 * 1024,
    ),
    CardPreset(
        name="slow-card",
        summary="takes about a second where real cards compute, and 20 ms for any command",
        delays_ms=MappingProxyType(
            {0: 20, 0xBF38: 1500, 0xBF21: 1200, 0xBF36: 800, 0xBF31: 700, 0xBF32: 700, 0xBF33: 900}
        ),
    ),
    CardPreset(
        name="insecure-card",
        summary="checks no signature, challenge, MAC or code: what security tests have to find",
        faults=(
            "es10b.challenge.constant",
            "es10b.authenticate-server.any-signature",
            "es10b.authenticate-server.any-challenge",
            "es10b.authenticate-server.any-certificate-signature",
            "es10b.prepare-download.any-signature",
            "es10b.prepare-download.any-certificate-signature",
            "es10b.prepare-download.any-transaction",
            "es10b.session.survives-reset",
            "es8p.initialise-secure-channel.any-signature",
            "es8p.initialise-secure-channel.any-transaction",
            "es8p.bsp.any-mac",
            "es6.any-checksum",
            "pin.any-value",
            "aka.any-mac",
        ),
    ),
    CardPreset(
        name="policy-blind",
        summary="ignores policy rules and the rules authorisation table",
        faults=("policy.ppr1.ignored", "policy.ppr2.ignored", "policy.rat.ignored"),
    ),
    *RECORDED,
)
"""Every preset."""


USUAL: Final = "spec"
"""Name of the preset of a card for which none is named."""


def preset_named(name: str) -> CardPreset:
    """Returns the preset of this name.

    Raises:
        LocalError: there is none; the message lists the names.
    """
    for one in PRESETS:
        if one.name == name:
            return one
    raise LocalError(f"preset {name!r}: expected one of {', '.join(p.name for p in PRESETS)}")
