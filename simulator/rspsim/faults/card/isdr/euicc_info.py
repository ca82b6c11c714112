"""Faults of EUICCInfo1 and EUICCInfo2."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.ids import Version
from rspcore.messages.euicc_info import (
    EuiccInfo1,
    EuiccInfo2,
    RspCapability,
    TreProperty,
    UiccCapability,
)
from rspcore.tags import Tag
from rspsim.euicc.isdr import information
from rspsim.euicc.isdr.es10b.get_euicc_info import GET_EUICC_INFO1, GET_EUICC_INFO2
from rspsim.euicc.outcome import Outcome, View
from rspsim.faults.card.card_fault import CardFault, Change, answering_data, behind, swap

__all__ = ["FAULTS"]

_VERSION: Final = Version.from_text("9.9.9")


def _info1(change: Callable[[EuiccInfo1, View], EuiccInfo1]) -> Change:
    def changed(outcome: Outcome, view: View) -> Outcome:
        info = replace(EuiccInfo1.decode(outcome.response.data))
        return answering_data(outcome, change(info, view).encode())

    return behind(GET_EUICC_INFO1, changed)


def _info2(change: Callable[[EuiccInfo2], EuiccInfo2]) -> Change:
    def changed(outcome: Outcome, _view: View) -> Outcome:
        info = replace(EuiccInfo2.decode(outcome.response.data))
        return answering_data(outcome, change(info).encode())

    return behind(GET_EUICC_INFO2, changed)


def _info2_without(tag: int) -> Change:
    def changed(outcome: Outcome, _view: View) -> Outcome:
        whole = tlv.parse(outcome.response.data)
        kept = (bytes(one.raw) for one in whole.children() if one.tag != tag)
        return answering_data(outcome, tlv.encode(whole.tag, *kept))

    return behind(GET_EUICC_INFO2, changed)


def _in_random_order(info: EuiccInfo1, view: View) -> EuiccInfo1:
    if view.rng.octets(1)[0] & 1:
        return info
    return replace(
        info,
        euicc_ci_pkid_list_for_verification=info.euicc_ci_pkid_list_for_verification[::-1],
        euicc_ci_pkid_list_for_signing=info.euicc_ci_pkid_list_for_signing[::-1],
    )


def _other_when_enabled(info: EuiccInfo1, view: View) -> EuiccInfo1:
    return info if view.state.enabled_profile is None else replace(info, svn=_VERSION)


def _emptied_resource(info: EuiccInfo2) -> EuiccInfo2:
    resource = replace(info.ext_card_resource, free_volatile_memory=b"")
    return replace(info, ext_card_resource=resource)


def _rounded_resource(info: EuiccInfo2) -> EuiccInfo2:
    """Returns free memory in whole kilooctets, in 4 octets; the signed value differs."""
    free = int.from_bytes(info.ext_card_resource.free_non_volatile_memory, "big") >> 10 << 10
    resource = replace(info.ext_card_resource, free_non_volatile_memory=free.to_bytes(4, "big"))
    return replace(info, ext_card_resource=resource)


FAULTS: Final = (
    CardFault(
        "information.info1.other-version",
        "EUICCInfo1 has a wrong version.",
        ("ES10b.GetEUICCInfo1#01", "ES10b.GetEUICCInfo2#06", "ISD-R.Select#11"),
        _info1(lambda info, _view: replace(info, svn=_VERSION)),
    ),
    CardFault(
        "information.info1.key-left-out",
        "EUICCInfo1 leaves out the last CI key for verification.",
        (
            "ES10b.GetEUICCInfo1#02",
            "ES10b.GetEUICCInfo1#07",
            "ES10b.GetEUICCInfo2#13",
        ),
        _info1(
            lambda info, _view: replace(
                info,
                euicc_ci_pkid_list_for_verification=info.euicc_ci_pkid_list_for_verification[:-1],
            )
        ),
    ),
    CardFault(
        "information.info1.signing-key-left-out",
        "EUICCInfo1 leaves out the last CI key for signing.",
        (
            "procedure.Download#02",
            "ES10b.GetEUICCInfo1#03",
            "ES10b.GetEUICCInfo1#07",
            "ES10b.GetEUICCInfo2#14",
        ),
        _info1(
            lambda info, _view: replace(
                info, euicc_ci_pkid_list_for_signing=info.euicc_ci_pkid_list_for_signing[:-1]
            )
        ),
    ),
    CardFault(
        "information.info1.any-order",
        "EUICCInfo1 lists the CI keys in random order.",
        ("ES10b.GetEUICCInfo1#08", "Transport.StoreData#47"),
        _info1(_in_random_order),
    ),
    CardFault(
        "information.info1.other-when-enabled",
        "With a Profile Enabled, EUICCInfo1 has another version.",
        ("ES10b.GetEUICCInfo1#09",),
        _info1(_other_when_enabled),
    ),
    CardFault(
        "information.info2.no-pp-version",
        "EUICCInfo2 lacks the version of the protection profile.",
        ("ES10b.GetEUICCInfo2#01", "ES10b.GetEUICCInfo2#02", "ES10b.GetEUICCInfo2#17"),
        _info2_without(Tag.OctetString),
    ),
    CardFault(
        "information.info2.other-versions",
        "EUICCInfo2 has wrong versions.",
        (
            "ES10b.GetEUICCInfo2#05",
            "ES10b.GetEUICCInfo2#06",
            "ES10b.GetEUICCInfo2#07",
            "ES10b.GetEUICCInfo2#10",
            "ES10b.GetEUICCInfo2#11",
            "ES10b.GetEUICCInfo2#17",
            "ES10b.GetEUICCInfo2#27",
        ),
        _info2(
            lambda info: replace(
                info,
                profile_version=_VERSION,
                svn=_VERSION,
                euicc_firmware_ver=_VERSION,
                ts102241_version=_VERSION,
                globalplatform_version=_VERSION,
                pp_version=_VERSION,
            )
        ),
    ),
    CardFault(
        "information.info2.no-java-card-version",
        "EUICCInfo2 reports the Java Card capability without its version.",
        ("ES10b.GetEUICCInfo2#10",),
        _info2(lambda info: replace(info, ts102241_version=None)),
    ),
    CardFault(
        "information.info2.resource-empty",
        "extCardResource in EUICCInfo2 has an empty number.",
        ("ES10b.GetEUICCInfo2#08",),
        _info2(_emptied_resource),
    ),
    CardFault(
        "information.info2.resource-rounded",
        "EUICCInfo2 rounds free memory to kilooctets; the signed value is exact.",
        ("ES10b.GetEUICCInfo2#28",),
        _info2(_rounded_resource),
    ),
    CardFault(
        "information.info2.other-capabilities",
        "EUICCInfo2 reports capabilities the card does not have.",
        ("ES10b.GetEUICCInfo2#09", "ES10b.GetEUICCInfo2#12"),
        _info2(
            lambda info: replace(
                info,
                uicc_capability=info.uicc_capability | {UiccCapability.multos},
                rsp_capability=info.rsp_capability | {RspCapability.rpmSupport},
            )
        ),
    ),
    CardFault(
        "information.info2.keys-turned",
        "EUICCInfo2 lists the CI keys in another order than EUICCInfo1.",
        ("ES10b.GetEUICCInfo2#13", "ES10b.GetEUICCInfo2#14"),
        _info2(
            lambda info: replace(
                info,
                euicc_ci_pkid_list_for_verification=info.euicc_ci_pkid_list_for_verification[::-1],
                euicc_ci_pkid_list_for_signing=info.euicc_ci_pkid_list_for_signing[::-1],
            )
        ),
    ),
    CardFault(
        "information.info2.unknown-category",
        "EUICCInfo2 has an undefined category.",
        ("ES10b.GetEUICCInfo2#15",),
        _info2(lambda info: replace(info, euicc_category=9)),
    ),
    CardFault(
        "information.info2.nothing-forbidden",
        "EUICCInfo2 never reports a forbidden PPR.",
        (
            "ES10b.GetEUICCInfo2#16",
            "ES10b.GetEUICCInfo2#29",
        ),
        swap(information.FORBIDDEN_RULES, lambda _state: frozenset()),
    ),
    CardFault(
        "information.info2.other-texts",
        "EUICCInfo2 has the accreditation, platform and product of another card.",
        ("ES10b.GetEUICCInfo2#04", "ES10b.GetEUICCInfo2#18", "ES10b.GetEUICCInfo2#19"),
        _info2(
            lambda info: replace(
                info,
                sas_acreditation_number="OTHER",
                certification_data_object=None,
                tre_properties=frozenset({TreProperty.isDiscrete}),
            )
        ),
    ),
    CardFault(
        "information.info2.other-package-versions",
        "EUICCInfo2 has wrong additional versions of profile packages.",
        ("ES10b.GetEUICCInfo2#20",),
        _info2(lambda info: replace(info, additional_euicc_profile_package_versions=(_VERSION,))),
    ),
    CardFault(
        "information.info2.always-room",
        "EUICCInfo2 always reports memory for one more Profile.",
        ("ES10b.GetEUICCInfo2#26",),
        _info2(
            lambda info: replace(
                info, rsp_capability=info.rsp_capability | {RspCapability.additionalProfile}
            )
        ),
    ),
)
