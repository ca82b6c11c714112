"""A trace of version 3 decoded: what it added has names, and nothing of it is left in octets."""

import pytest

from rspcore.ids import Iccid, Oid, TransactionId
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.lpae_commands import AlertData, MetadataUpdateEnabledProfile
from rspcore.messages.v3.profile_metadata import (
    EnterpriseConfiguration,
    EnterpriseRule,
    EnterpriseRules,
    ManagingDp,
    RpmConfiguration,
    RpmType,
)
from rspcore.messages.v3.rpm_package import (
    LoadRpmPackageRequest,
    OfProfile,
    RpmCommand,
    RpmCommandDetails,
    SmdpSigned3,
)
from rspharness.evidence.decoded_trace import decoded
from rspharness.evidence.members import members
from rspharness.record.trace import read_events

pytestmark = pytest.mark.once

ONE = Iccid.from_digits("8929901012345678905")
IN_OCTETS = "not in the module, or written in another way; the whole in octets:"


def lines(text):
    return [line.strip("<> ") for line in decoded(read_events(text))]


def of_card(request, answer):
    """Returns a decoded exchange with the ISD-R."""
    sent = request.encode() if hasattr(request, "encode") else request
    octets = answer.encode() if hasattr(answer, "encode") else answer
    command = bytes((0x81, 0xE2, 0x91, 0x00, len(sent))) + sent
    return lines(f"> {command.hex(' ')}\n< {octets.hex(' ')} 90 00\n")


def test_rpm_package_has_its_commands_by_name():
    command = RpmCommand.of(RpmCommandDetails(enable=OfProfile(iccid=ONE)))
    signed = SmdpSigned3(transaction_id=TransactionId(bytes(16)), rpm_package=(command.encode(),))
    request = LoadRpmPackageRequest(
        smdp_signed3=signed, smdp_signature3=bytes(64), target_esim_port=2
    )
    shown = of_card(request, bytes.fromhex("BF4408A1068001AA020104"))
    assert "LoadRpmPackageRequest" in shown
    assert {"rpmPackage: 1 of them", "enable", "targetEsimPort: 2"} <= set(shown)
    assert any(line.startswith("iccid: ") and line.endswith(f"({ONE})") for line in shown)
    assert "loadRpmPackageErrorCodeNotSigned: 4" in shown
    assert IN_OCTETS not in shown


def test_listed_profile_has_its_new_members_by_name():
    rpm = RpmConfiguration(
        managing_dp_list=(
            ManagingDp(managing_dp_oid=Oid("2.999.1"), rpm_type=frozenset({RpmType.enable})),
        ),
        profile_owner_oid=Oid("2.999.2"),
    )
    enterprise = EnterpriseConfiguration(
        enterprise_oid=Oid("2.999.3"),
        enterprise_name="Works",
        enterprise_rules=EnterpriseRules(
            enterprise_rule_bits=frozenset({EnterpriseRule.priorityEnterpriseProfile}),
            number_of_non_enterprise_profiles=1,
        ),
    )
    info = v3.ProfileInfo(
        iccid=ONE,
        rpm_configuration=rpm,
        enterprise_configuration=enterprise,
        enabled_on_esim_port=2,
        profile_size=70000,
    )
    answer = v3.ProfileInfoListResponse(profile_info_list_ok=(info,))
    shown = of_card(bytes.fromhex("BF2D00"), answer)
    assert {"rpmType: '1'B (enable)", "enterpriseName: 'Works'"} <= set(shown)
    assert {"enterpriseRuleBits: '01'B (priorityEnterpriseProfile)"} <= set(shown)
    assert {"enabledOnEsimPort: 2", "profileSize: 70000"} <= set(shown)
    assert "managingDpOid: 883701 (2.999.1)" in shown
    assert IN_OCTETS not in shown


def test_configured_data_have_their_new_members_by_name():
    answer = v3.EuiccConfiguredDataResponse(
        root_ds_address="ds.example.com",
        additional_root_ds_addresses=("two.example.com",),
        ci_list=(v3.CiName(ci_pkid=bytes(20), ci_name="Test CI"),),
    )
    shown = of_card(bytes.fromhex("BF3C00"), answer)
    assert {"additionalRootDsAddresses: 1 of them", "ciName: 'Test CI'"} <= set(shown)
    found = members(answer.encode())
    assert found["EuiccConfiguredDataResponse.ciList[1].ciName"] == "Test CI"


def test_what_is_agreed_on_by_manage_lsi_is_named():
    text = (
        "> 80 7C 04 00 0D 80 01 02 81 01 01 90 02 01 03 91 01 02 00\n"
        "< 80 01 02 81 01 01 90 03 01 01 03 91 01 02 90 00\n"
        "> 80 7C 00 02\n< 90 00\n"
    )
    shown = lines(text)
    assert any("MANAGE LSI, configure LSIs" in line for line in shown)
    assert "modes: MEP-A1, MEP-B; ports: 2" in shown
    assert "modes: MEP-A1, MEP-A1, MEP-B; ports: 2" in shown
    assert any("MANAGE LSI, select LSI 2" in line for line in shown)


def test_what_is_no_configuration_of_lsis_is_a_tree():
    shown = lines("> 80 7C 01 02 00\n< 80 03 3B 00 00 90 00\n> 80 7C 09 00 00\n< 6A 86\n")
    assert "80 ATR or number of the LSI: 3B0000" in shown
    assert any("MANAGE LSI, function 09" in line for line in shown)


def test_alert_and_lsi_command_are_named():
    alert = AlertData(
        metadata_update_enabled_profile=MetadataUpdateEnabledProfile(iccid=ONE, tag_list=b"\x92")
    ).encode()
    body = bytes.fromhex("810301010A")
    body += bytes.fromhex("82028182") + bytes((0xBB, len(alert))) + alert
    command = bytes((0xD0, len(body))) + body
    shown = lines(f"> 80 12 00 00 00\n< {command.hex(' ')} 90 00\n")
    assert "REFRESH, qualifier 0A" in shown
    assert {"AlertData", "metadataUpdateEnabledProfile", "tagList: 92"} <= set(shown)
    shown = lines("> 80 12 00 00 0E\n< D0 0C 81 03 01 79 00 82 02 81 82 92 01 02 90 00\n")
    assert {"LSI COMMAND, qualifier 00", "LSI 2"} <= set(shown)


def test_command_to_an_lpae_is_named_and_its_pin_masked():
    shown = lines("> 80 C2 00 00 04 E4 02 82 00\n< E4 03 80 01 00 90 00\n")
    assert {"E4ERequest", "listProfiles", "E4EResponse"} <= set(shown)
    pin = b"1234".hex()
    shown = lines(f"> 80 C2 00 00 0A E4 08 A6 06 80 04 {pin}\n< E4 03 80 01 00 90 00\n")
    assert "10 octets masked" in shown
    assert not any(pin in line for line in shown)


def test_isdr_says_what_it_is_when_selected():
    shown = lines(
        "> 01 A4 04 00 10 A0 00 00 05 59 10 10 FF FF FF FF 89 00 00 01 00\n"
        "< 6F 0B E0 09 82 03 02 02 00 03 02 03 88 90 00\n"
    )
    assert "ISDRProprietaryApplicationTemplate" in shown
