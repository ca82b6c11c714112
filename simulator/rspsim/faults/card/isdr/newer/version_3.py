"""Faults of what version 3 added to the ISD-R; none changes a card of version 2."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.ids import Version
from rspcore.messages import es10b
from rspcore.messages.es10c import ResetOption
from rspcore.messages.metadata import ProfileClass
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3 import server_authentication
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaMode
from rspcore.messages.v3.card_and_device import EuiccConfiguration, EuiccInfo1, EuiccInfo2
from rspcore.status import StatusWord
from rspsim.euicc import alerts
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr import selection
from rspsim.euicc.isdr.es10a import set_default_dp_address
from rspsim.euicc.isdr.es10a.get_euicc_configured_addresses import GET_EUICC_CONFIGURED_ADDRESSES
from rspsim.euicc.isdr.es10b import authenticate_server, cancel_session
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10b.get_euicc_info import GET_EUICC_INFO1, GET_EUICC_INFO2, MODE_OF_LPAE
from rspsim.euicc.isdr.es10b.prepare_download import PREPARE_DOWNLOAD
from rspsim.euicc.isdr.es10c import euicc_memory_reset
from rspsim.euicc.isdr.es10c.get_profiles_info import GET_PROFILES_INFO
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load_progress import LoadPosition
from rspsim.euicc.options import PendingListing
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import (
    CardFault,
    Change,
    adds,
    answering_data,
    behind,
    decides,
    skip,
    swap,
)

__all__ = ["FAULTS"]

Configured = v3.EuiccConfiguredDataResponse

_OTHER: Final = Version.from_text("3.9.9")
_UNDEFINED: Final = 127


def _info1(change: Callable[[EuiccInfo1], EuiccInfo1]) -> Change:
    def changed(outcome: Outcome, view: View) -> Outcome:
        if not view.state.personality.version_3:
            return outcome
        info = replace(EuiccInfo1.decode(outcome.response.data))
        return answering_data(outcome, change(info).encode())

    return behind(GET_EUICC_INFO1, changed)


def _info2(change: Callable[[EuiccInfo2], EuiccInfo2]) -> Change:
    def changed(outcome: Outcome, view: View) -> Outcome:
        if not view.state.personality.version_3:
            return outcome
        info = replace(EuiccInfo2.decode(outcome.response.data))
        return answering_data(outcome, change(info).encode())

    return behind(GET_EUICC_INFO2, changed)


def _configured(change: Callable[[Configured], Configured]) -> Change:
    def changed(outcome: Outcome, view: View) -> Outcome:
        if not view.state.personality.version_3:
            return outcome
        data = Configured.decode(outcome.response.data)
        return answering_data(outcome, change(data).encode())

    return behind(GET_EUICC_CONFIGURED_ADDRESSES, changed)


def _with_unknown_ci(data: Configured) -> Configured:
    if data.ci_list is None:
        return data
    one = v3.CiName(ci_pkid=bytes(range(20)), ci_name="CI of nobody")
    return replace(data, ci_list=(*data.ci_list, one))


def _passed_over_among_elements(view: View) -> int:
    load = view.session.load
    among = load is not None and load.position is LoadPosition.IN_ELEMENTS
    if view.state.personality.version_3 and among:
        return int(StatusWord.OK)
    return segments.MISPLACED.standard(view)


def _last_first(data: bytes) -> bytes:
    """Returns a data object whose last element is before the others."""
    whole = tlv.parse(data)
    parts = [bytes(one.raw) for one in whole.children()]
    return tlv.encode(whole.tag, parts[-1], *parts[:-1])


def _reordered(outcome: Outcome, view: View) -> Outcome:
    if not view.state.personality.version_3:
        return outcome
    return answering_data(outcome, _last_first(outcome.response.data))


def _with_iot(outcome: Outcome, view: View) -> Outcome:
    if not view.state.personality.version_3:
        return outcome
    whole = tlv.parse(outcome.response.data)
    return answering_data(outcome, tlv.encode(whole.tag, whole.value, bytes.fromhex("B400")))


def _with_bits(change: Callable[[frozenset[int]], frozenset[int]]) -> Change:
    def changed(state: CardState) -> bytes:
        plain = selection.FCI.standard(state)
        if not state.personality.version_3:
            return plain
        whole = tlv.parse(plain)
        kept = [bytes(one.raw) for one in whole.children() if one.tag != 0xE0]
        template = selection.template(state)
        bits = change(template.lpae_support or frozenset())
        return tlv.encode(0x6F, *kept, replace(template, lpae_support=bits).encode())

    return swap(selection.FCI, changed)


def _context_of_version_2(attempt: AuthenticationAttempt) -> es10b.EuiccSigned1:
    signed = authenticate_server.SIGNED.standard(attempt)
    if not attempt.view.state.personality.version_3 or signed.ctx_params1[0] != 0xA0:
        return signed
    old = es10b.CtxParamsForCommonAuthentication.decode(signed.ctx_params1)
    capabilities = replace(old.device_info.device_capabilities)
    device = replace(old.device_info, device_capabilities=capabilities)
    return replace(signed, ctx_params1=replace(old, device_info=device).encode())


def _signature_over_known(attempt: AuthenticationAttempt) -> bool:
    signed = attempt.request.server_signed1
    if not isinstance(signed, server_authentication.ServerSigned1):
        return attempt.signature_fits
    known = {one: getattr(signed, one) for one in _SIGNED1}
    anew = server_authentication.ServerSigned1(**known).encode()
    key = attempt.presented.key
    return key is not None and key.verify(attempt.request.server_signature1, anew)


_SIGNED1: Final = (
    "transaction_id",
    "euicc_challenge",
    "server_address",
    "server_challenge",
    "session_context",
    "server_rsp_capability",
)


def _context(attempt: AuthenticationAttempt) -> object:
    signed = attempt.request.server_signed1
    return (
        signed.session_context if isinstance(signed, server_authentication.ServerSigned1) else None
    )


def _without_context(attempt: AuthenticationAttempt) -> bool:
    return _context(attempt) is None


def _with_context(attempt: AuthenticationAttempt) -> bool:
    return not attempt.view.state.personality.version_3 or _context(attempt) is not None


def _reasons_but(*left_out: int) -> Callable[[cancel_session.CancelAttempt], bool]:
    return lambda a: a.reason_defined and a.request.reason not in left_out


def _malformed_addition(outcome: Outcome, view: View) -> Outcome:
    if not view.state.personality.version_3:
        return outcome
    answer = es10b.PrepareDownloadResponse.decode(outcome.response.data)
    ok = answer.download_response_ok
    if ok is None:
        return outcome
    signed = tlv.encode(0x30, ok.euicc_signed2.content(), bytes.fromhex("300430028100"))
    whole = tlv.encode(0xA0, signed, tlv.encode(0x5F37, ok.euicc_signature2))
    return answering_data(outcome, tlv.encode(0xBF21, whole))


def _never(*classes: int, field_loaded: bool) -> Change:
    def selected(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
        return tuple(
            one
            for one in euicc_memory_reset.SELECTED.standard(state, options)
            if not (one.profile_class in classes and one.field_loaded is field_loaded)
        )

    return swap(euicc_memory_reset.SELECTED, selected)


def _operational_by_bit_3(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    if v3.ResetOption.deletePreLoadedTestProfiles in options:
        options |= {ResetOption.deleteOperationalProfiles}
    return euicc_memory_reset.SELECTED.standard(state, options)


def _address_by_bit_4(outcome: Outcome, view: View) -> Outcome:
    chosen = len(outcome.state.profiles) < len(view.state.profiles)
    if not view.state.personality.version_3 or not chosen:
        return outcome
    addresses = euicc_memory_reset.ADDRESSES.standard(outcome.state.addresses)
    return replace(outcome, state=replace(outcome.state, addresses=addresses))


def _listed_while_waiting(outcome: Outcome, view: View) -> Outcome:
    waits = view.state.pending_switch is not None
    if not waits or outcome.response.sw != StatusWord.CONDITIONS_NOT_SATISFIED:
        return outcome
    options = replace(view.options, pending_listing=PendingListing.OLD_STATES)
    open_view = replace(view, state=replace(view.state, options=options))
    answered = GET_PROFILES_INFO.handle(GET_PROFILES_INFO.request(), open_view)
    return replace(outcome, response=answered.response)


_BIT: Final = EuiccRspCapability
_CHECKS: Final = authenticate_server.CHECKS

FAULTS: Final = (
    CardFault(
        "v3.info1.no-capability",
        "Leaves euiccRspCapability out of EUICCInfo1.",
        ("ES10b.GetEUICCInfo1#05", "ES10b.GetEUICCInfo1#10"),
        _info1(lambda info: replace(info, euicc_rsp_capability=None)),
    ),
    CardFault(
        "v3.info1.other-capability",
        "Says one capability more in EUICCInfo1 than in EUICCInfo2.",
        ("ES10b.GetEUICCInfo1#05",),
        _info1(
            lambda info: replace(
                info,
                euicc_rsp_capability=(info.euicc_rsp_capability or frozenset())
                | {_BIT.osUpdateSupport},
            )
        ),
    ),
    CardFault(
        "v3.info1.lowest-as-highest",
        "Gives lowestSvn as highestSvn of EUICCInfo1.",
        ("ES10b.GetEUICCInfo1#06", "ES10b.GetEUICCInfo2#24"),
        _info1(lambda info: replace(info, highest_svn=info.svn)),
    ),
    CardFault(
        "v3.info1.highest-first",
        "Puts highestSvn before the other elements of EUICCInfo1.",
        ("ES10b.GetEUICCInfo1#10",),
        behind(GET_EUICC_INFO1, _reordered),
    ),
    CardFault(
        "v3.info2.no-lpa-mode",
        "Leaves lpaMode out of EUICCInfo2.",
        ("ES10b.GetEUICCInfo2#03", "ES10b.GetEUICCInfo2#21", "ISD-R.LpaeActivation#06"),
        _info2(lambda info: replace(info, lpa_mode=None)),
    ),
    CardFault(
        "v3.info2.lpae-mode",
        "Says lpae(1) while the LPA of the device is in use.",
        ("ES10b.GetEUICCInfo2#21", "ISD-R.LpaeActivation#06"),
        _info2(lambda info: replace(info, lpa_mode=LpaMode.lpae)),
    ),
    CardFault(
        "v3.info2.lpad-beside-lpae",
        "Says lpad(0) after the LPAe was activated.",
        ("ISD-R.LpaeActivation#05",),
        swap(MODE_OF_LPAE, LpaMode.lpad),
    ),
    CardFault(
        "v3.alerts.unannounced",
        "Alerts a device that did not announce that it wants to be.",
        ("ES10b.AlertData#04",),
        swap(alerts.WANTED, lambda _: True),
    ),
    CardFault(
        "v3.info2.long-addition",
        "Gives additionalEuiccInfo of 33 octets.",
        ("ES10b.GetEUICCInfo2#23",),
        _info2(lambda info: replace(info, additional_euicc_info=bytes(33))),
    ),
    CardFault(
        "v3.info2.other-highest",
        "Gives another highestSvn in EUICCInfo2 than in EUICCInfo1.",
        ("ES10b.GetEUICCInfo2#24",),
        _info2(lambda info: replace(info, highest_svn=_OTHER)),
    ),
    CardFault(
        "v3.info2.lowest-above-highest",
        "Gives a lowestSvn in EUICCInfo2 that is above highestSvn.",
        ("ES10b.GetEUICCInfo2#32",),
        _info2(lambda info: replace(info, svn=_OTHER)),
    ),
    CardFault(
        "v3.configured-data.first-root-alone",
        "Lists the first root SM-DS alone.",
        ("ES10a.GetEuiccConfiguredAddresses#05",),
        _configured(lambda data: replace(data, additional_root_ds_addresses=None)),
    ),
    CardFault(
        "v3.configured-data.unknown-ci",
        "Names a CI that no list of EUICCInfo1 has.",
        ("ES10a.GetEuiccConfiguredAddresses#07",),
        _configured(_with_unknown_ci),
    ),
    CardFault(
        "v3.load.header-among-elements",
        "Passes over the header A1 among the profile elements.",
        ("ES10b.LoadBoundProfilePackage#15",),
        swap(segments.MISPLACED, _passed_over_among_elements),
    ),
    CardFault(
        "v3.info2.iot",
        "Has iotSpecificInfo, which cards for things have.",
        ("ES10b.GetEUICCInfo2#25",),
        behind(GET_EUICC_INFO2, _with_iot),
    ),
    CardFault(
        "v3.info2.highest-first",
        "Puts highestSvn before the other elements of EUICCInfo2.",
        ("ES10b.GetEUICCInfo2#30",),
        behind(GET_EUICC_INFO2, _reordered),
    ),
    CardFault(
        "v3.info2.load-crl",
        "Says that it has LoadCRL, which version 3 does not.",
        ("ES10b.GetEUICCInfo2#31",),
        _info2(
            lambda info: replace(info, rsp_capability=info.rsp_capability | {_BIT.loadCrlSupport})
        ),
    ),
    CardFault(
        "v3.select.never-enabled",
        "Leaves the bit enabledProfile 0 while a Profile is Enabled.",
        ("ISD-R.Select#02", "ISD-R.Select#12"),
        _with_bits(lambda bits: bits - {EuiccConfiguration.enabledProfile}),
    ),
    CardFault(
        "v3.select.always-enabled",
        "Leaves the bit enabledProfile 1 without a Profile Enabled.",
        ("ISD-R.Select#12",),
        _with_bits(lambda bits: bits | {EuiccConfiguration.enabledProfile}),
    ),
    CardFault(
        "v3.select.lpae-claimed",
        "Says that it has an LPAe with E4 ENVELOPE.",
        ("ISD-R.Select#13",),
        _with_bits(lambda bits: bits | {EuiccConfiguration.lpaeUsingE4Esupported}),
    ),
    CardFault(
        "v3.authenticate-server.context-of-version-2",
        "Signs ctxParams1 without the elements of version 3.",
        (
            "ES10b.AuthenticateServer#15",
            "ES10b.AuthenticateServer#17",
            "ES10b.AuthenticateServer#18",
            "ES10b.AuthenticateServer#101",
        ),
        swap(authenticate_server.SIGNED, _context_of_version_2),
    ),
    CardFault(
        "v3.authenticate-server.no-session-context",
        "Refuses a serverSigned1 with sessionContext.",
        ("ES10b.AuthenticateServer#19",),
        adds(_CHECKS, Check("no_session_context", _without_context, _UNDEFINED)),
    ),
    CardFault(
        "v3.authenticate-server.signature-over-known",
        "Verifies serverSignature1 over the elements it knows.",
        ("ES10b.AuthenticateServer#20",),
        decides(_CHECKS, "server_signature1", _signature_over_known),
    ),
    CardFault(
        "v3.authenticate-server.version-3-alone",
        "Refuses a serverSigned1 of a server of version 2.",
        ("ES10b.AuthenticateServer#109",),
        adds(_CHECKS, Check("session_context", _with_context, _UNDEFINED)),
    ),
    CardFault(
        "v3.prepare-download.malformed-addition",
        "Adds vendor data without an OID to euiccSigned2.",
        ("ES10b.PrepareDownload#11",),
        behind(PREPARE_DOWNLOAD, _malformed_addition),
    ),
    *(
        CardFault(
            f"v3.cancel-session.reason-{reason}",
            f"Does not know the reason {reason} of CancelSession.",
            (row,),
            decides(cancel_session.CHECKS, "reason_defined", _reasons_but(reason)),
        )
        for reason, row in (
            (16, "ES10b.CancelSession#07"),
            (17, "ES10b.CancelSession#08"),
            *((18 + place, f"ES10b.CancelSession#{9 + place:02}") for place in range(7)),
            (27, "ES10b.CancelSession#17"),
            (28, "ES10b.CancelSession#18"),
            (29, "ES10b.CancelSession#19"),
        )
    ),
    CardFault(
        "v3.default-address.ci-dropped",
        "Does not keep the CI of the default SM-DP+ address.",
        ("ES10a.SetDefaultDpAddress#08", "ES10a.GetEuiccConfiguredAddresses#06"),
        swap(set_default_dp_address.CI_STORED, lambda state, _ci_pkid: state),
    ),
    CardFault(
        "v3.default-address.any-ci",
        "Takes a CI for the default SM-DP+ address that it does not know.",
        ("ES10a.SetDefaultDpAddress#09",),
        skip(set_default_dp_address.CHECKS, "ci_known"),
    ),
    CardFault(
        "v3.memory-reset.preloaded-stays",
        "Leaves a pre-loaded Test Profile on the card, whatever the options.",
        ("ES10c.eUICCMemoryReset#07",),
        _never(ProfileClass.test, field_loaded=False),
    ),
    CardFault(
        "v3.memory-reset.provisioning-stays",
        "Leaves a provisioning Profile on the card, whatever the options.",
        (
            "ES10c.eUICCMemoryReset#09",
            "ES10c.eUICCMemoryReset#13",
            "ES10c.eUICCMemoryReset#29",
        ),
        _never(ProfileClass.provisioning, field_loaded=True),
    ),
    CardFault(
        "v3.memory-reset.operational-by-bit-3",
        "Deletes operational Profiles by the option for pre-loaded ones.",
        ("ES10c.eUICCMemoryReset#30",),
        swap(euicc_memory_reset.SELECTED, _operational_by_bit_3),
    ),
    CardFault(
        "v3.memory-reset.address-too",
        "Resets the default address with the Profiles.",
        ("ES10c.eUICCMemoryReset#29",),
        behind(euicc_memory_reset.EUICC_MEMORY_RESET, _address_by_bit_4),
    ),
    *(
        CardFault(
            f"v3.store-metadata.{name.replace('_', '-')}-unasked",
            summary,
            (row,),
            skip(store_metadata.CHECKS, name),
        )
        for name, summary, row in (
            ("tags_known", "Skips unknown objects of metadata.", "ES8+.StoreMetadata#43"),
            ("lpr_supported", "Takes lprConfiguration without an LPR.", "ES8+.StoreMetadata#62"),
            (
                "enterprise_supported",
                "Takes enterprise Profiles, which it does not support.",
                "ES8+.StoreMetadata#70",
            ),
        )
    ),
    CardFault(
        "v3.profiles-info.listed-while-waiting",
        "Lists the former states while a change waits for its REFRESH.",
        ("ES10c.GetProfilesInfo#45",),
        behind(GET_PROFILES_INFO, _listed_while_waiting),
    ),
)
"""Faults of version 3."""
