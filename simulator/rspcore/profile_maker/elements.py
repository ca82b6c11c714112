"""Elements beyond those of the test profiles: a second NAA, TELECOM, scripts, PINs, an application.

They are as small as the format allows and independent of each other: each function takes an
identification and returns octets that `rspcore.profile_maker.editing.inserted` puts into a package.
Numbers from 60 up are free in the packages of the test profiles.
"""

from typing import Any, Final

from rspcore.profile_maker.editing import element
from rspcore.profile_maker.files import USIM_AID, template_oid

__all__ = [
    "ISIM_AID",
    "application",
    "cd",
    "cdma_parameter",
    "df_5gs",
    "df_saip",
    "directory",
    "eap",
    "ef",
    "isim",
    "opt_isim",
    "opt_usim",
    "pin",
    "pin_codes",
    "script",
    "shared_pin_codes",
    "telecom",
    "usim",
]

ISIM_AID: Final = bytes.fromhex("A0000000871004FF49FF0589")
_SECOND_USIM_AID: Final = USIM_AID[:-1] + b"\x01"
_ISSUER_PACKAGE: Final = bytes.fromhex("F07273706C61")

Commands = list[tuple[str, Any]]


def directory(fid: bytes | None = None, **parts: bytes) -> Commands:
    """Returns the File of a directory that reports PIN1, with rule 14 of EF.ARR under the MF."""
    fcp = {"pinStatusTemplateDO": b"\x01", "securityAttributesReferenced": b"\x2f\x06\x0e"}
    return [("fileDescriptor", fcp | parts | ({} if fid is None else {"fileID": fid}))]


def ef(content: bytes | None = None, **parts: Any) -> Commands:
    """Returns the File of an EF: parts of its Fcp, then its content."""
    head: Commands = [("fileDescriptor", parts)] if parts else []
    return head if content is None else [*head, ("fillFileContent", content)]


def telecom(number: int = 60, *, status: bytes = b"\x01", **files: Any) -> bytes:
    """Returns PE-TELECOM with DF.TELECOM, which reports these keys, and further files."""
    df = directory(pinStatusTemplateDO=status)
    return element("telecom", number, templateID=template_oid("2.3"), df_telecom=df, **files)


def cd(number: int = 61) -> bytes:
    """Returns PE-CD with DF.CD alone."""
    return element("cd", number, templateID=template_oid("2.2"), df_cd=directory())


def opt_usim(number: int = 62) -> bytes:
    """Returns PE-OPT-USIM with EF.ACM alone."""
    return element("opt-usim", number, templateID=template_oid("2.5"), ef_acm=ef(bytes(3)))


def opt_isim(number: int = 63) -> bytes:
    """Returns PE-OPT-ISIM with EF.SMSS alone."""
    return element("opt-isim", number, templateID=template_oid("2.9"), ef_smss=ef(b"\xff\xff"))


def isim(number: int = 64, *, fid: bytes = b"\x7f\xb0", aid: bytes = ISIM_AID) -> bytes:
    """Returns PE-ISIM with one octet in each file."""
    return element(
        "isim",
        number,
        templateID=template_oid("2.8"),
        adf_isim=directory(fid, dfName=aid),
        ef_impi=ef(b"a", efFileSize=b"\x02"),
        ef_impu=ef(b"a", fileDescriptor=b"\x42\x21\x00\x02", efFileSize=b"\x02"),
        ef_domain=ef(b"a", efFileSize=b"\x02"),
        ef_ist=ef(bytes(14)),
        ef_arr=ef(linkPath=b"\x2f\x06"),
    )


def usim(number: int = 65, *, fid: bytes = b"\x7f\xd1", aid: bytes = _SECOND_USIM_AID) -> bytes:
    """Returns a second PE-USIM, with IMSI 001010123456789."""
    return element(
        "usim",
        number,
        templateID=template_oid("2.4"),
        adf_usim=directory(fid, dfName=aid),
        ef_imsi=ef(bytes.fromhex("080910101032547698")),
        ef_arr=ef(linkPath=b"\x2f\x06"),
        ef_ust=ef(bytes(14)),
        ef_spn=ef(bytes(17)),
        ef_est=ef(b"\x00"),
        ef_acc=ef(b"\x00\x01"),
        ef_ecc=ef(b"\x11\xf2\xff\x00"),
    )


def df_5gs(number: int = 70, *, routing: bytes = b"\xf0\xff\xff\xff") -> bytes:
    """Returns PE-DF-5GS of version 2.3 with EF.Routing_Indicator, 4 octets, and empty files."""
    return element(
        "df-5gs",
        number,
        templateID=template_oid("2.13"),
        df_df_5gs=directory(b"\x5f\xc0"),
        ef_5gauthkeys=ef(bytes(110)),
        ef_uac_aic=ef(bytes(4)),
        ef_suci_calc_info=ef(efFileSize=b"\x08"),
        ef_opl5g=ef(fileDescriptor=b"\x42\x21\x00\x0a", efFileSize=b"\x0a"),
        ef_supinai=ef(b"\xff", efFileSize=b"\x01"),
        ef_routing_indicator=ef(routing),
    )


def df_saip(number: int = 71, *, calc_info: bytes) -> bytes:
    """Returns PE-DF-SAIP with EF.SUCI_Calc_Info_USIM, 1 to 255 octets: the card makes the SUCI."""
    return element(
        "df-saip",
        number,
        templateID=template_oid("2.14"),
        df_df_saip=directory(b"\x5f\xd0"),
        ef_suci_calc_info_usim=ef(calc_info, efFileSize=bytes((len(calc_info),))),
    )


def eap(number: int = 66, *, mandated: bool = True) -> bytes:
    """Returns PE-EAP with EF.EAPSTATUS alone."""
    return element(
        "eap",
        number,
        mandated=mandated,
        templateID=template_oid("2.12"),
        df_eap=directory(b"\x5f\x60"),
        ef_eapstatus=ef(b"\x00"),
    )


def cdma_parameter(number: int = 67) -> bytes:
    """Returns PE-CDMAParameter with a key of zeros."""
    return element("cdmaParameter", number, authenticationKey=bytes(8))


def script(*commands: tuple[str, Any], number: int = 68) -> bytes:
    """Returns PE-GenericFileManagement with one script."""
    return element("genericFileManagement", number, fileManagementCMD=[list(commands)])


def pin(reference: int, value: bytes = b"0000\xff\xff\xff\xff", **parts: int) -> dict[str, Any]:
    """Returns a PINConfiguration; "tries" stands for maxNumOfAttemps-retryNumLeft."""
    given: dict[str, Any] = {"keyReference": reference, "pinValue": value} | parts
    if "tries" in given:
        given["maxNumOfAttemps-retryNumLeft"] = given.pop("tries")
    return given


def pin_codes(*listed: dict[str, Any], number: int = 69) -> bytes:
    """Returns PE-PINCodes with these PINs."""
    return element("pinCodes", number, pinCodes=("pinconfig", list(listed)))


def shared_pin_codes(path: bytes, number: int = 69) -> bytes:
    """Returns PE-PINCodes that shares the PINs of another directory."""
    return element("pinCodes", number, pinCodes=("filePath", path))


def application(
    aid: bytes, *, domain: bytes | None = None, mandated: bool = True, number: int = 70
) -> bytes:
    """Returns PE-Application with one instance of an absent package, and no load block."""
    instance: dict[str, Any] = {
        "applicationLoadPackageAID": _ISSUER_PACKAGE,
        "classAID": _ISSUER_PACKAGE + b"b",
        "instanceAID": aid,
        "applicationPrivileges": b"\x00",
        "applicationSpecificParametersC9": b"",
    }
    if domain is not None:
        instance["extraditeSecurityDomainAID"] = domain
    return element("application", number, mandated=mandated, instanceList=[instance])
