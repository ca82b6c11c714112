"""Security domains, applications and remote file management (SAIP, 8.7)."""

import pytest

from rspcore.messages.euicc_info import UiccCapability
from rspcore.profile_maker.editing import edited, element, inserted, with_component
from rspcore.profile_reader import decode_element, split

BAD, WRONG = "bad_values", "invalid_parameter"
OTHER = bytes.fromhex("A000000151000001")
MNO_SD = bytes.fromhex("A000000151000000")
TOOLKIT = "instance/applicationParameters/uiccToolkitApplicationSpecificParametersField"


def domain(path, value):
    return lambda upp: edited(upp, "securityDomain", with_component(path, value))


def key(number, path, value):
    return domain(f"keyList/{number}/{path}", value)


def rfm(path, value, number=0):
    return lambda upp: edited(upp, "rfm", with_component(path, value), number=number)


def second_domain(aid=OTHER, number=80):
    def change(upp):
        one = next(e for e in split(upp) if e.name == "securityDomain")
        value = decode_element(one).value
        instance = value["instance"] | {"instanceAID": aid}
        instance.pop("applicationParameters")
        made = element("securityDomain", number, instance=instance)
        return inserted(upp, made, before="rfm")

    return change


def application(aid=OTHER, extradite=None, *, mandated=True, before="end"):
    instance = {
        "applicationLoadPackageAID": bytes.fromhex("F07273706C61"),
        "classAID": bytes.fromhex("F07273706C6162"),
        "instanceAID": aid,
        "applicationPrivileges": b"\x00",
        "applicationSpecificParametersC9": b"",
    }
    if extradite is not None:
        instance["extraditeSecurityDomainAID"] = extradite
    made = element("application", 81, mandated=mandated, instanceList=[instance])
    return lambda upp: inserted(upp, made, before=before)


SOUND = {
    "second security domain": second_domain(),
    "AES key of 256 bits": key(0, "keyComponents/0/keyData", bytes(32)),
    "another version of the key": key(1, "keyVersionNumber", b"\x02"),
    "application": application(),
    "application of the MNO-SD": application(extradite=MNO_SD),
    "remote files of the MNO-SD by name": rfm("securityDomainAID", MNO_SD),
    "no TAR": rfm("tarList", None),
    "no toolkit parameters": domain("instance/applicationParameters", None),
}
REFUSED = {
    "security domain twice": (second_domain(MNO_SD), "securityDomain", WRONG),
    "key twice": (key(1, "keyIdentifier", b"\x01"), "securityDomain", WRONG),
    "AES key of 15 octets": (key(0, "keyComponents/0/keyData", bytes(15)), "securityDomain", BAD),
    "3DES key of 8 octets": (
        key(0, "keyComponents/0", {"keyType": b"\x80", "keyData": bytes(8)}),
        "securityDomain",
        BAD,
    ),
    "key version of two octets": (key(0, "keyVersionNumber", b"\x01\x01"), "securityDomain", BAD),
    "AID of four octets": (domain("instance/instanceAID", bytes(4)), "securityDomain", BAD),
    "life cycle of two octets": (
        domain("instance/lifeCycleState", bytes(2)),
        "securityDomain",
        BAD,
    ),
    "TARs that do not fit": (
        domain(TOOLKIT, bytes.fromhex("0100000000020102 05 B201000000".replace(" ", ""))),
        "securityDomain",
        BAD,
    ),
    "application before its security domain": (
        application(before="securityDomain"),
        "application",
        WRONG,
    ),
    "application of a security domain that is not there": (
        application(extradite=OTHER),
        "application",
        WRONG,
    ),
    "application with the AID of the MNO-SD": (application(MNO_SD), "application", WRONG),
    "remote files of an ADF that is not there": (
        rfm("adfRFMAccess/adfAID", OTHER, 1),
        "rfm",
        WRONG,
    ),
    "remote files of a security domain that is not there": (
        rfm("securityDomainAID", OTHER),
        "rfm",
        WRONG,
    ),
    "TAR of the MNO-SD": (rfm("tarList", [bytes.fromhex("B20100")]), "rfm", WRONG),
    "TAR of other remote files": (rfm("tarList", [bytes.fromhex("B00120")], 1), "rfm", WRONG),
    "TAR of two octets": (rfm("tarList", [b"\xb0\x01"]), "rfm", BAD),
    "level of two octets": (rfm("minimumSecurityLevel", bytes(2)), "rfm", BAD),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_valid_management_is_accepted(judged, upp, change):
    assert judged(change(upp)) == ("end", "ok")


@pytest.mark.parametrize(("change", "name", "status"), REFUSED.values(), ids=REFUSED)
def test_invalid_management_is_refused(judged, upp, change, name, status):
    assert judged(change(upp)) == (name, status)


def test_first_security_domain_receives_the_packets(built, upp):
    first, second = built(second_domain()(upp)).content.security_domains
    assert (first.aid.octets, first.life_cycle, first.minimum_security_level) == (MNO_SD, 0x0F, 2)
    assert [tar.hex().upper() for tar in first.tars] == ["B20100", "000000"]
    assert [(k.version, k.identifier, k.usage.hex()) for k in first.keys] == [
        (1, 1, "18"),
        (1, 2, "14"),
        (1, 3, "48"),
    ]
    assert (second.aid.octets, second.tars) == (OTHER, ())


def test_remote_files_keep_what_they_are_bound_to(built, upp):
    of_uicc, of_usim = built(upp).content.remote_file_management
    assert (of_uicc.tars, of_uicc.adf) == ((bytes.fromhex("B00120"),), b"")
    assert (of_usim.tars, of_usim.adf.hex().upper()) == (
        (bytes.fromhex("B00140"),),
        "A0000000871002FF49FF0589",
    )


@pytest.mark.parametrize("mandated", [True, False])
def test_application_without_java_card_is_refused_or_skipped(judged, built, upp, mandated):
    changed = application(mandated=mandated)(upp)
    if mandated:
        outcome = judged(changed, UiccCapability.javacard)
        assert outcome == ("application", "runtime_not_supported")
    else:
        (status,) = built(changed, UiccCapability.javacard).statuses
        assert (status.status, status.identification_number) == (7, 81)
