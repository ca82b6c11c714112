"""Where elements may stand (SAIP, 8.1)."""

import pytest

from rspcore.messages.euicc_info import UiccCapability
from rspcore.profile_maker.editing import (
    edited,
    element,
    inserted,
    removed,
    unknown_element,
    with_component,
)
from rspcore.profile_maker.elements import (
    cd,
    cdma_parameter,
    directory,
    eap,
    ef,
    isim,
    opt_isim,
    opt_usim,
    telecom,
    usim,
)
from rspcore.profile_maker.files import USIM_AID, template_oid
from rspcore.profile_reader import split

ISSUER = bytes.fromhex("8837")
WRONG = "invalid_parameter"


def non_standard(number=66):
    return element("nonStandard", number, issuerID=ISSUER, content=b"x")


def raw(upp, name, number=0):
    return [one.raw for one in split(upp) if one.name == name][number]


def moved(upp, name, before, number=0):
    octets = raw(upp, name, number)
    return inserted(removed(upp, name, number=number), octets, before=before)


def renumbered(upp, name, identification):
    (header,) = (k for k in ("mf-header", "usim-header", "puk-Header") if k.startswith(name[:3]))
    return edited(upp, name, with_component(f"{header}/identification", identification))


SOUND = {
    "telecom after the MF": lambda upp: inserted(upp, telecom(), before="usim"),
    "cd after the MF": lambda upp: inserted(upp, cd(), before="usim"),
    "ISIM and what belongs to it": lambda upp: inserted(
        upp, isim() + opt_isim(), before="securityDomain"
    ),
    "optional files after another NAA": lambda upp: inserted(
        upp, isim() + opt_usim(), before="securityDomain"
    ),
    "two USIMs": lambda upp: inserted(upp, usim(), before="usim"),
    "nonStandard after the header": lambda upp: inserted(upp, non_standard(), before="mf"),
    "nonStandard before the end": lambda upp: inserted(upp, non_standard(), before="end"),
    "identifications that do not ascend": lambda upp: inserted(upp, cd(0), before="usim"),
    "largest identification": lambda upp: renumbered(upp, "usim", 32767),
    "CDMA parameters after an NAA": lambda upp: inserted(
        upp, cdma_parameter(), before="securityDomain"
    ),
}
MISPLACED = {
    "cd before the MF": (lambda upp: inserted(upp, cd(), before="mf"), "cd"),
    "telecom before the MF": (lambda upp: inserted(upp, telecom(), before="mf"), "telecom"),
    "usim before the MF": (lambda upp: moved(upp, "usim", "mf"), "usim"),
    "isim before the MF": (lambda upp: inserted(upp, isim(), before="mf"), "isim"),
    "PUKs before the MF": (lambda upp: moved(upp, "pukCodes", "mf"), "pukCodes"),
    "PINs before the MF": (lambda upp: moved(upp, "pinCodes", "mf"), "pinCodes"),
    "second MF": (
        lambda upp: inserted(upp, raw(renumbered(upp, "mf", 90), "mf"), before="end"),
        "mf",
    ),
    "second telecom": (
        lambda upp: inserted(upp, telecom() + telecom(70), before="usim"),
        "telecom",
    ),
    "second cd": (lambda upp: inserted(upp, cd() + cd(70), before="usim"), "cd"),
    "second PUKs": (
        lambda upp: inserted(upp, raw(renumbered(upp, "pukCodes", 90), "pukCodes"), before="usim"),
        "pukCodes",
    ),
    "optional files before a USIM": (lambda upp: moved(upp, "opt-usim", "usim"), "opt-usim"),
    "gsm-access before a USIM": (
        lambda upp: inserted(
            upp,
            element("gsm-access", 70, templateID=template_oid("2.7"), df_gsm_access=directory()),
            before="usim",
        ),
        "gsm-access",
    ),
    "df-5gs before a USIM": (
        lambda upp: inserted(
            upp,
            element("df-5gs", 70, templateID=template_oid("2.13"), df_df_5gs=directory()),
            before="usim",
        ),
        "df-5gs",
    ),
    "opt-isim without an ISIM": (
        lambda upp: inserted(upp, opt_isim(), before="securityDomain"),
        "opt-isim",
    ),
    "opt-csim without a CSIM": (
        lambda upp: inserted(
            upp,
            element("opt-csim", 70, templateID=template_oid("2.11"), ef_ssci=ef(b"\x00")),
            before="securityDomain",
        ),
        "opt-csim",
    ),
    "AKA parameters before an NAA": (
        lambda upp: moved(upp, "akaParameter", "usim"),
        "akaParameter",
    ),
    "CDMA parameters before an NAA": (
        lambda upp: inserted(upp, cdma_parameter(), before="usim"),
        "cdmaParameter",
    ),
    "file system after the security domain": (
        lambda upp: inserted(upp, telecom(), before="end"),
        "telecom",
    ),
    "PINs after the security domain": (
        lambda upp: moved(upp, "pinCodes", "rfm", number=1),
        "pinCodes",
    ),
    "AKA parameters after the security domain": (
        lambda upp: moved(upp, "akaParameter", "end"),
        "akaParameter",
    ),
    "remote file management before the security domain": (
        lambda upp: moved(upp, "rfm", "securityDomain"),
        "rfm",
    ),
    "identification twice": (lambda upp: inserted(upp, cd(1), before="usim"), "cd"),
    "second ADF with the AID": (
        lambda upp: inserted(upp, usim(aid=USIM_AID), before="securityDomain"),
        "usim",
    ),
    "second ADF with the temporary identifier": (
        lambda upp: inserted(upp, usim(fid=b"\x7f\xd0"), before="securityDomain"),
        "usim",
    ),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_valid_order_is_accepted(judged, upp, change):
    assert judged(change(upp)) == ("end", "ok")


@pytest.mark.parametrize(("change", "name"), MISPLACED.values(), ids=MISPLACED)
def test_element_at_a_wrong_place_is_refused(judged, upp, change, name):
    assert judged(change(upp)) == (name, WRONG)


def test_no_mf_is_refused_at_the_end(judged, upp):
    header, end = raw(upp, "header"), raw(upp, "end")
    assert judged(header + end) == ("end", WRONG)


@pytest.mark.parametrize("number", [32768, 65535])
def test_identification_out_of_range_is_refused(judged, upp, number):
    assert judged(renumbered(upp, "usim", number)) == ("usim", "bad_values")


@pytest.mark.parametrize("mandated", [True, False])
def test_unknown_element_fails_the_package_when_mandated(judged, built, upp, mandated):
    changed = inserted(upp, unknown_element(77, mandated=mandated), before="end")
    if mandated:
        assert judged(changed) == ("unknown", "pe_not_supported")
    else:
        (status,) = built(changed).statuses
        assert (status.status, status.identification_number) == (1, 77)


def test_identification_of_a_skipped_element_counts_as_used(judged, upp):
    changed = inserted(upp, unknown_element(61, mandated=False) + cd(61), before="usim")
    assert judged(changed) == ("cd", WRONG)


@pytest.mark.parametrize(
    ("made", "bit", "name"),
    [
        (isim, UiccCapability.isimSupport, "isim"),
        (cdma_parameter, UiccCapability.csimSupport, "cdmaParameter"),
    ],
)
def test_element_beyond_the_capabilities_is_not_supported(judged, upp, made, bit, name):
    changed = inserted(upp, made(), before="securityDomain")
    assert judged(changed, bit) == (name, "pe_not_supported")


def test_eap_is_not_supported_without_a_client(judged, built, upp):
    assert judged(inserted(upp, eap(), before="securityDomain")) == ("eap", "pe_not_supported")
    skipped = built(inserted(upp, eap(mandated=False), before="securityDomain"))
    assert [one.status for one in skipped.statuses] == [1]


def test_second_usim_needs_its_capability(judged, upp):
    changed = inserted(upp, usim(), before="securityDomain")
    bit = UiccCapability.multipleUsimSupport
    assert judged(changed, bit) == ("usim", "feature_not_supported")


@pytest.mark.parametrize(
    ("mandated", "outcome"),
    [(True, ("telecom", "template_not_supported")), (False, ("end", "ok"))],
)
def test_unknown_template_fails_the_package_when_mandated(judged, upp, mandated, outcome):
    strange = element(
        "telecom", 70, mandated=mandated, templateID=template_oid("2.3.9"), df_telecom=directory()
    )
    assert judged(inserted(upp, strange, before="usim")) == outcome


def test_template_of_another_element_is_refused(judged, upp):
    strange = element("telecom", 70, templateID=template_oid("2.2"), df_telecom=directory())
    assert judged(inserted(upp, strange, before="usim")) == ("telecom", WRONG)
