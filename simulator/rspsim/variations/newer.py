"""Variations of version 3 with one eSIM Port: signatures, codes and parts that are not public."""

from typing import Any, Final

from rspcore.messages.v3.rpm_package import LoadRpmPackageErrorCodeNotSigned
from rspsim.euicc.isdr.es10b import load_rpm_package
from rspsim.variations.variation import Variation, recoded

__all__ = ["VARIATIONS"]

_OF_V3_1: Final[dict[str, Any]] = {"personality": "v3.1"}

VARIATIONS: Final = (
    Variation(
        name="newer.package-signature-alone",
        summary="smdpSignature3 is made over smdpSigned3 alone.",
        legal_by="no public text of SGP.22 v3.1, 5.7 (LoadRpmPackage) prints what it is made over",
        octets="5F37 in BF44",
        options=("rpm-signature1-covered=no",),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.results-under-a0",
        summary="euiccSignRPR is made over the data as they are sent, with A0.",
        legal_by="no public text of SGP.22 v3.1, 5.7 (LoadRpmPackage) prints what it is made over",
        octets="81 in A0 of BF44",
        options=("rpm-result-tag=A0",),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.change-signatures-alone",
        summary="The signatures of a Device Change are made over the signed object alone.",
        legal_by="no public text of SGP.22 v3.1, 5.7 prints what they are made over",
        octets="5F37 in BF4B, BF4D, BF60 and BF62",
        options=("change-signatures-covered=no",),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.event-list-signature-alone",
        summary="smdsSignature2 is made over smdsSigned2 alone.",
        legal_by="no public text of SGP.22 v3.1, 5.7 (VerifySmdsResponse) prints it",
        octets="5F37 in BF45",
        options=("smds-signature2-over-signed2-alone=yes",),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.session-outlives-event-list",
        summary="The RSP session goes on after a VerifySmdsResponse that is good.",
        legal_by="SGP.22 v3.1, 5.7 (VerifySmdsResponse) says nothing of the session",
        octets="the second answer of BF45",
        options=("smds-response-ends-session=no",),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.types-have-to-be-named",
        summary="An SM-DP+ that a Profile names without rpmType may send no command.",
        legal_by="SGP.22 v3.1, 2.4a leaves the meaning of an absent rpmType open",
        octets="80 in BF31 of BF44",
        options=("rpm-type-absent-allows=no",),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.package-at-once",
        summary="A loss of power leaves all of an RPM package done, or nothing and no result.",
        legal_by="no public text of SGP.22 v3.1, 5.7 says when interruption(3) is due",
        octets="A1 in BF2B after a loss of power",
        options=("rpm-interruption=no",),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.no-session-for-a-package",
        summary="A package in a session that is not for RPM is answered noSession(4).",
        legal_by="SGP.22 v3.1, 5.7 (LoadRpmPackage) has noSession(4) and undefinedError(127)",
        octets="02 in A1 of BF44",
        change=recoded(
            load_rpm_package.SESSION_CHECKS, "for_rpm", LoadRpmPackageErrorCodeNotSigned.noSession
        ),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.cis-have-names",
        summary="GetEuiccConfiguredData names the CIs.",
        legal_by="SGP.22 v3.1, 5.7.3: ciList is optional",
        octets="A4 in BF3C",
        options=("ci-names=yes",),
        declared=(("CI_LIST", True),),
        **_OF_V3_1,
    ),
    Variation(
        name="newer.alerts",
        summary="A device that announced it is alerted of metadata that were updated.",
        legal_by="SGP.22 v3.1, 5.7: AlertData are optional",
        octets="REFRESH with qualifier 0A",
        options=("alerts=yes",),
        declared=(("ALERT", True),),
        **_OF_V3_1,
    ),
)
"""What a card of version 3.1 may do otherwise."""
