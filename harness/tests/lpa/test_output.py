"""JSON objects and lines of text for what the commands show."""

from rspcore.ids import Aid, Iccid, MccMnc
from rspcore.messages.es10c import ProfileInfo, ProfileState
from rspcore.messages.metadata import (
    OperatorId,
    PprFlag,
    ProfileClass,
    ProfilePolicyAuthorisationRule,
    StoreMetadataRequest,
)
from rspcore.messages.partial import Partial
from rspharness.lpa import output

ICCID = Iccid.from_digits("8900012345678901234")


def test_profile_shows_present_values_and_defaults():
    profile = ProfileInfo(iccid=ICCID, isdp_aid=Aid.from_hex("A000000559"), profile_name="p")
    assert output.profile_view(profile) == {
        "iccid": "8900012345678901234",
        "isdpAid": "A000000559",
        "profileState": "disabled",
        "profileClass": "operational",
        "profileName": "p",
    }


def test_profile_shows_state_class_and_nickname():
    profile = ProfileInfo(
        iccid=ICCID,
        profile_state=ProfileState.enabled,
        profile_class=ProfileClass.test,
        profile_nickname="n",
    )
    view = output.profile_view(profile)
    assert (view["profileState"], view["profileClass"], view["profileNickname"]) == (
        "enabled",
        "test",
        "n",
    )


def test_code_without_a_name_is_shown_as_its_number():
    assert output.profile_view(ProfileInfo(profile_state=7))["profileState"] == "7"


def test_metadata_shows_owner_and_rules():
    metadata = StoreMetadataRequest(
        iccid=ICCID,
        service_provider_name="s",
        profile_name="p",
        profile_owner=OperatorId(mcc_mnc=MccMnc.from_digits("234", "15")),
        profile_policy_rules=frozenset({2}),
    )
    view = output.metadata_view(metadata)
    assert (view["profileOwner"], view["profilePolicyRules"]) == ("234/15", ["2"])


def test_rule_of_the_rat_is_one_line_of_text():
    rule = ProfilePolicyAuthorisationRule(
        ppr_ids=frozenset({1}),
        allowed_operators=(OperatorId(mcc_mnc=MccMnc(b"\xee\xee\xee"), gid1=b""),),
        ppr_flags=frozenset({PprFlag.consentRequired}),
    )
    [line] = output.text_lines({"rat": [output._rule_view(rule)]})
    assert line == (
        "rat  pprIds 1, allowedOperators mccMnc EEE/EEE, gid1 (empty), consentRequired yes"
    )


def test_lines_align_names_and_list_items():
    assert output.text_lines({"a": 1234567, "long": ["x", "y"], "none": []}) == [
        "a     1,234,567",
        "long  x",
        "      y",
        "none  -",
    ]


def test_no_members_give_no_lines():
    assert output.text_lines({}) == []


def test_table_leaves_out_empty_columns():
    rows = [{"a": "1", "c": "333"}, {"a": "22", "b": ""}]
    assert output.table(rows, ("a", "b", "c")) == ["a   c", "1   333", "22"]


def test_table_writes_numbers_without_separators_and_booleans_in_words():
    rows = [{"seqNumber": 1234, "delivered": False}]
    assert output.table(rows, ("seqNumber", "delivered")) == [
        "seqNumber  delivered",
        "1234       no",
    ]


def test_events_have_the_words_of_their_version():
    """Bits 4 to 7 of NotificationEvent are those of version 3; bit 9 has no name."""
    words = [
        output.waiting_view(Partial(values={"profile_management_operation": {bit}}))["event"]
        for bit in (0, 3, 4, 7, 9)
    ]
    assert words == ["install", "delete", "rpmEnable", "loadRpmPackageResult", "9"]
