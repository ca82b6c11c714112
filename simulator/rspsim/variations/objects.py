"""Variations of optional objects, and unknown ones at places that are open for extension."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.messages.es10b import EuiccSigned1
from rspcore.messages.es10c import ProfileInfo
from rspcore.messages.euicc_info import EuiccInfo2
from rspsim.euicc import applications, startup
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import selection
from rspsim.euicc.isdr.es10b import authenticate_server
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10b.get_euicc_info import GET_EUICC_INFO1, GET_EUICC_INFO2
from rspsim.euicc.isdr.es10c import get_profiles_info
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, ProfileContent
from rspsim.euicc.security import ecasd
from rspsim.euicc.state import CardState, Profile
from rspsim.euicc.uicc import fcp
from rspsim.variations.variation import Change, Variation, answering, behind, swap, together

__all__ = ["VARIATIONS"]

_ATR_9ESIM: Final = bytes.fromhex("3B9F96803F87828031E073FE211F574543753130276F3C")
_ATR_G_D: Final = bytes.fromhex("3B9F96803FC7828031E073FE211B57AA8660F0020001FD")

_ABSENT: Final = tuple(
    (name, "absent")
    for name in (
        "platform_label",
        "discovery_base_url",
        "additional_profile_versions",
        "tre_product_reference",
    )
)
_CARD_DATA: Final = bytes.fromhex("730B06092A864886FC6B010203 9F6E06000000000000")


def _with(octets: bytes, *more: bytes) -> bytes:
    """Returns a data object with further data objects at its end."""
    whole = tlv.parse(octets)
    return tlv.encode(whole.tag, whole.value, *more)


def _info2(change: Callable[[bytes], bytes]) -> Change:
    """Returns a change of EUICCInfo2 wherever the card reports it, signed or not."""

    def answered(outcome: Outcome, _view: View) -> Outcome:
        return answering(outcome, change(outcome.response.data))

    def signed(attempt: AuthenticationAttempt) -> EuiccSigned1:
        sound = authenticate_server.SIGNED.standard(attempt)
        info = EuiccInfo2.decode(change(sound.euicc_info2.encode()))
        return replace(sound, euicc_info2=info)

    return together(behind(GET_EUICC_INFO2, answered), swap(authenticate_server.SIGNED, signed))


def _without(*tags: int) -> Callable[[bytes], bytes]:
    def change(octets: bytes) -> bytes:
        whole = tlv.parse(octets)
        kept = (bytes(one.raw) for one in whole.children() if one.tag not in tags)
        return tlv.encode(whole.tag, *kept)

    return change


def _without_lists(octets: bytes) -> bytes:
    return _without(0x8B, 0xAC, 0x8D, 0x8E, 0xAF)(octets)


def _placeholder(octets: bytes) -> bytes:
    """Returns EUICCInfo2 with the certification object that cards of G+D have."""
    label = tlv.encode(0x80, b"1.2.840.1234567/myPlatformLabel")
    url = tlv.encode(0x81, b"https://mycompany.com/myDLOARegistrar")
    return _with(_without(0xAC, 0x8D, 0x8E, 0xAF)(octets), tlv.encode(0xAC, label, url))


def _info1_extended(outcome: Outcome, _view: View) -> Outcome:
    return answering(outcome, _with(outcome.response.data, bytes.fromhex("840102")))


def _fci(*, more_in_a5: bytes = b"", more_in_e0: bytes = b"", after: bytes = b"") -> Change:
    def answer(state: CardState) -> bytes:
        whole = tlv.parse(selection.FCI.standard(state))
        parts = []
        for one in whole.children():
            more = {0xA5: more_in_a5, 0xE0: more_in_e0}.get(one.tag, b"")
            parts.append(tlv.encode(one.tag, one.value, more))
        return tlv.encode(whole.tag, *parts, after)

    return swap(selection.FCI, answer)


def _with_access_rules(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
    """Returns an entry that ends with BF76 where no tag list asked for less."""
    sound = get_profiles_info.DESCRIBED.standard(profile, tags, state)
    if tags != get_profiles_info.DEFAULT_TAGS.standard:
        return sound
    return type(sound).decode(_with(sound.encode(), bytes.fromhex("BF7600")))


def _ecasd_without_fci(decisions: Decisions) -> Decisions:
    known = tuple(
        replace(one, select=_silent(one.select)) if one.aid == ecasd.AID else one
        for one in decisions[applications.APPLICATIONS]
    )
    return swap(applications.APPLICATIONS, known)(decisions)


def _silent(select: Callable[[View], Outcome]) -> Callable[[View], Outcome]:
    return lambda view: answering(select(view), b"")


def _more_in_fcp(content: ProfileContent, one: File) -> bytes:
    """Returns FCP with the total file size 81, and an unknown proprietary object in A5."""
    whole = tlv.parse(fcp.FCP.standard(content, one))
    parts = []
    for part in whole.children():
        more = bytes.fromhex("DF010102") if part.tag == 0xA5 else b""
        parts.append(tlv.encode(part.tag, part.value, more))
        if part.tag == 0x80 and not one.kind.is_directory:
            parts.append(tlv.encode(0x81, (len(one.body) + 32).to_bytes(2, "big")))
    return tlv.encode(whole.tag, *parts)


def _power_in_fcp(content: ProfileContent, one: File) -> bytes:
    """Returns FCP whose A5 also has power consumption and clock frequency (82, 83)."""
    whole = tlv.parse(fcp.FCP.standard(content, one))
    parts = (
        tlv.encode(
            part.tag,
            part.value,
            bytes.fromhex("8203030A0183022800")
            if part.tag == 0xA5 and one.kind.is_directory and one.aid
            else b"",
        )
        for part in whole.children()
    )
    return tlv.encode(whole.tag, *parts)


VARIATIONS: Final = (
    Variation(
        name="objects.info2-least",
        summary="EUICCInfo2 has no category, certification, TRE or further versions.",
        legal_by="SGP.22, 5.7.8: OPTIONAL; most recorded cards have no AC, 8B, 8D, 8E, AF",
        octets="BF22",
        change=_info2(_without_lists),
        values=_ABSENT,
    ),
    Variation(
        name="objects.info2-unknown",
        summary="EUICCInfo2 ends with objects of a later version (90, B4).",
        legal_by="SGP.22, 2.6.8.2 and annex H: extensible; a card in production has both",
        octets="BF22",
        change=_info2(lambda octets: _with(octets, bytes.fromhex("900101B403040100"))),
    ),
    Variation(
        name="objects.info2-placeholder",
        summary="EUICCInfo2 has the placeholder of a certification object.",
        legal_by="G+D family",
        octets="AC in BF22",
        change=_info2(_placeholder),
        values=(
            ("platform_label", "1.2.840.1234567/myPlatformLabel"),
            ("discovery_base_url", "https://mycompany.com/myDLOARegistrar"),
            ("additional_profile_versions", "absent"),
            ("tre_product_reference", "absent"),
        ),
    ),
    Variation(
        name="objects.info1-unknown",
        summary="EUICCInfo1 ends with an object of a later version.",
        legal_by="SGP.22, annex H: extensible",
        octets="BF20",
        change=behind(GET_EUICC_INFO1, _info1_extended),
    ),
    Variation(
        name="objects.fci-card-data",
        summary="A5 in the FCI of the ISD-R also has 73 and 9F6E.",
        legal_by="GlobalPlatform, 11.9.3.1; Thales IoT cards",
        octets="A5 in 6F",
        change=_fci(more_in_a5=_CARD_DATA),
    ),
    Variation(
        name="objects.fci-unknown",
        summary="E0 in the FCI has an unknown object, and E1 stands beside it.",
        legal_by="SGP.22, 5.7.1: extensible; G+D IoT card has E104800206C0",
        octets="E0 and E1 in 6F",
        change=_fci(more_in_e0=bytes.fromhex("840101"), after=bytes.fromhex("E104800206C0")),
    ),
    Variation(
        name="objects.profile-info-access-rules",
        summary="Each entry of the default list of Profiles ends with BF76, without content.",
        legal_by="Saily has BF76 in its default list; SGP.22, 5.7.15: extensible",
        octets="E3 in BF2D",
        change=swap(get_profiles_info.DESCRIBED, _with_access_rules),
    ),
    Variation(
        name="objects.empty-list-of-notifications",
        summary="RetrieveNotificationsList answers an empty list where nothing waits.",
        legal_by="Xesim, eSIM.me, Infineon; SGP.22, 5.7.10",
        octets="BF2B",
        options=("no-result-available=no",),
    ),
    Variation(
        name="objects.ecasd-without-fci",
        summary="SELECT of the ECASD answers 9000 alone.",
        legal_by="Eastcompeace family",
        octets="answer to SELECT of the ECASD",
        change=_ecasd_without_fci,
    ),
    Variation(
        name="objects.atr-kigen",
        summary="The ATR is that of another maker.",
        legal_by="9eSIM; TS 102 221, 6.3",
        octets="ATR",
        change=swap(startup.ATR, lambda _state: _ATR_9ESIM),
    ),
    Variation(
        name="objects.atr-eastcompeace",
        summary="The ATR is that of a third maker.",
        legal_by="5ber; TS 102 221, 6.3",
        octets="ATR",
        change=swap(startup.ATR, lambda _state: _ATR_G_D),
    ),
    Variation(
        name="files.fcp-total-size",
        summary="FCP of a file also have its total size, and something of the maker's.",
        legal_by="TS 102 221, 11.1.1.4.2 and 11.1.1.4.6: optional",
        octets="81 and A5 in 62",
        change=swap(fcp.FCP, _more_in_fcp),
    ),
    Variation(
        name="files.fcp-power",
        summary="FCP of an application also have power and clock.",
        legal_by="TS 102 221, 11.1.1.4.6.2 and 11.1.1.4.6.3: optional",
        octets="A5 in 62",
        change=swap(fcp.FCP, _power_in_fcp),
    ),
)
