from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.apdu import Ins, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.ids import MccMnc
from rspcore.messages.metadata import OperatorId, PprId, ProfilePolicyAuthorisationRule
from rspharness.card.capabilities import (
    DECLARED_ONLY,
    Capabilities,
    Options,
    read_capabilities,
)
from rspharness.card.card_under_test import Card
from rspharness.card.esim_port_options import offered
from rspharness.record.catalogue import Catalogue
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive, TargetLost
from rspharness.run.run import Run, RunOptions

ANY = OperatorId(mcc_mnc=MccMnc(b"\xee\xee\xee"), gid1=b"", gid2=b"")
ONE = OperatorId(mcc_mnc=MccMnc.from_digits("001", "01"), gid1=b"\x01")


def _rule(operator, *pprs):
    return ProfilePolicyAuthorisationRule(
        ppr_ids=frozenset(pprs), allowed_operators=(operator,), ppr_flags=frozenset()
    )


@pytest.fixture
def card():
    return Run(RunOptions()).open_card(Trace(), Timings())


class _Answering(Card):
    """A card that answers GetRAT with other rules than it has."""

    rules = ()

    def send(self, request):
        response = super().send(request)
        return replace(response, rat=self.rules) if hasattr(response, "rat") else response


@pytest.mark.parametrize(
    ("rules", "held"),
    [
        ((), {"RAT_NO_PPR"}),
        (
            (_rule(ANY, PprId.ppr1, PprId.ppr2),),
            {"RAT_PPR1", "RAT_PPR2", "RAT_WILDCARD", "RAT_GID_ANY"},
        ),
        ((_rule(ONE, PprId.ppr1),), {"RAT_PPR1", "RAT_OPERATOR", "RAT_GID"}),
        (
            (_rule(replace(ONE, gid1=None), PprId.ppr1), _rule(ONE, PprId.ppr2)),
            {"RAT_PPR1", "RAT_PPR2", "RAT_OPERATOR", "RAT_GID", "RAT_NO_GID", "RAT_SPLIT"},
        ),
    ],
)
def test_rules_of_the_rat_are_distinguished(card, rules, held):
    answering = _Answering(card.link)
    answering.rules = rules
    read = read_capabilities(answering, {}, {}).options
    assert {name for name, value in read.items() if name.startswith("RAT_") and value} == held


def test_declared_value_wins_and_a_contradiction_is_reported(card):
    read = read_capabilities(card, {"JAVACARD": True, "CATBUSY": True}, {})
    assert read.options["JAVACARD"] is True
    assert read.options["CATBUSY"] is True
    plain = read_capabilities(card, {}, {})
    if not plain.options["JAVACARD"]:
        assert read.contradictions == ("JAVACARD: declared True, the card says False",)


def test_curve_needs_the_ci_of_the_run_on_both_lists(card):
    run = Run(RunOptions())
    keys = {
        "O_E_NIST": run.pki.ci(run.pki.curves[0]).certificate.subject_key_identifier,
        "O_E_FRP": bytes(20),
    }
    read = read_capabilities(card, {}, keys).options
    assert read["O_E_NIST"] is True
    assert read["O_E_FRP"] is False


class _Verifying(Card):
    """A card that can sign under no CI."""

    def send(self, request):
        response = super().send(request)
        if not hasattr(response, "euicc_ci_pkid_list_for_signing"):
            return response
        return replace(response, euicc_ci_pkid_list_for_signing=())


def test_curve_of_a_ci_that_only_verifies_does_not_count(card):
    run = Run(RunOptions())
    identifier = run.pki.ci(run.pki.curves[0]).certificate.subject_key_identifier
    read = read_capabilities(_Verifying(card.link), {}, {"O_E_NIST": identifier}).options
    assert read["O_E_NIST"] is False


def test_every_option_of_the_catalogue_for_v2_is_read_or_declared(card, request):
    path = request.config.rootpath / "fixtures" / "requirements" / "euicc.csv"
    named = set()
    for row in Catalogue.load(path):
        if row.applies_to("v2"):
            named |= row.condition.names
    read = set(
        read_capabilities(card, {}, {"O_E_NIST": b"", "O_E_BRP": b"", "O_E_FRP": b""}).options
    )
    assert named <= read | DECLARED_ONLY


@pytest.mark.parametrize(
    ("personality", "version"), [("v2.6", "v2"), ("v3.0", "v3"), ("v3.1", "v3")]
)
def test_version_is_what_the_card_says_where_nobody_declares_it(tmp_path, personality, version):
    target = tmp_path / "card.toml"
    words = f'kind = "inprocess"\n[card]\npersonality = "{personality}"\ndeclared = "nothing"\n'
    target.write_text(words)
    run = Run(RunOptions(target=str(target)))
    assert run.version == version
    run.close()
    target.write_text('version = "v2"\n' + words)
    declared = Run(RunOptions(target=str(target)))
    assert declared.version == "v2"
    declared.close()


def test_only_reading_commands_are_sent(card):
    run = Run(RunOptions(level="read-only"))
    trace = Trace()
    opened = run.open_card(trace, Timings())
    read_capabilities(opened, {}, {})
    sent = [line for line in trace.lines if line.startswith("> 81 E2")]
    assert {line[17:22] for line in sent} == {"BF 22", "BF 3E", "BF 43"}


@pytest.mark.parametrize(
    ("octets", "cat", "scws"),
    [("0780", True, False), ("0640", False, True), ("06C0", True, True), ("0520", False, False)],
)
def test_only_the_bits_of_its_interfaces_make_an_lpae(card, octets, cat, scws):
    card.open()
    bits = tlv.encode(0x03, bytes.fromhex(octets))
    card.fci = tlv.encode(0x6F, tlv.encode(0xE0, bytes.fromhex("8203020500"), bits))
    read = read_capabilities(card, {}, {}).options
    found = (read["LPAE_CAT"], read["LPAE_SCWS"], read["O_E_LPAe"])
    assert found == (cat, scws, cat or scws)


def test_undeclared_options_are_unknown_and_declared_ones_are_not(card):
    read = read_capabilities(card, {"CATBUSY": False}, {})
    assert set(read.unknown) == DECLARED_ONLY - {"CATBUSY"}
    assert not DECLARED_ONLY & set(read.options) - {"CATBUSY"}
    assert read.options["CATBUSY"] is False


class _Refusing(Card):
    """A card some of whose answers cannot be decoded, or that is lost with one."""

    refused, error = (), DecodeError("83 is missing")

    def send(self, request):
        if type(request).__name__ in self.refused:
            raise self.error
        return super().send(request)


def test_part_that_cannot_be_decoded_leaves_only_its_own_options_unknown(card):
    odd = _Refusing(card.link)
    odd.refused = ("GetEuiccInfo2Request",)
    read = read_capabilities(odd, {}, {"O_E_NIST": b"no such key"})
    assert read.unknown["MILENAGE"] == "EUICCInfo2: 83 is missing"
    assert "RAT_PPR1" in read.options
    assert read.options["O_E_NIST"] is False  # by EUICCInfo1
    assert read.ci_pkids == read_capabilities(card, {}, {}).ci_pkids
    odd.refused = ("GetEuiccInfo2Request", "GetEuiccInfo1Request", "GetRatRequest")
    read = read_capabilities(odd, {}, {"O_E_NIST": b"no such key"})
    assert (read.info, read.ci_pkids) == (None, None)
    assert {"O_E_NIST", "RAT_PPR1", "MILENAGE"} <= set(read.unknown)
    assert set(read.options) == {"O_E_LPAe", "LPAE_CAT", "LPAE_SCWS", "LPAE_E4E"}


def test_names_of_unread_options_are_those_that_are_read(card):
    odd = _Refusing(card.link)
    odd.refused = ("GetEuiccInfo2Request", "GetEuiccInfo1Request", "GetRatRequest")
    unread = read_capabilities(odd, {}, {"O_E_NIST": b""})
    sound = read_capabilities(card, {}, {"O_E_NIST": b""})
    assert set(unread.unknown) | set(unread.options) == set(sound.unknown) | set(sound.options)


def test_lost_card_is_no_unknown_option(card):
    lost = _Refusing(card.link)
    lost.refused, lost.error = ("GetRatRequest",), TargetLost("gone")
    with pytest.raises(TargetLost):
        read_capabilities(lost, {}, {})


def test_unknown_option_is_refused_to_a_case_that_builds_on_it():
    options = Options(Capabilities({"SVC_DATA": True}, unknown={"SCP81": "not declared"}))
    assert options.get("SVC_DATA", False) is True
    assert options.get("FUTURE", False) is False
    assert list(options) == ["SVC_DATA"]
    with pytest.raises(Inconclusive, match=r"SCP81 is unknown \(not declared\); declare it"):
        options.get("SCP81", False)


class _OneAtr(Card):
    """A card whose ATR is another one; MANAGE LSI is answered as given."""

    answered = ""

    def reset(self):
        return self.atr

    def transmit(self, command):
        if command.ins != Ins.MANAGE_LSI:
            return super().transmit(command)
        octets = bytes.fromhex(self.answered)
        return ResponseApdu(octets[:-2], int.from_bytes(octets[-2:], "big"))


@pytest.mark.parametrize(
    ("third", "answer", "expected"),
    [
        pytest.param("82", "", set(), id="no LSI"),
        pytest.param("03", "", set(), id="b8 is 0"),
        pytest.param("83", "800102810100" + "9003010103" + "910102" + "9000",
                     {"O_E_MEP", "MEP_A1", "MEP_B"}, id="A1 and B"),
        pytest.param("83", "800100" + "900100" + "9000", set(), id="none"),
        pytest.param("83", "6985", None, id="refused"),
        pytest.param("83", "81010" + "09000", None, id="no highest number"),
    ],
)  # fmt: skip
def test_modes_of_several_profiles_are_read_from_atr_and_manage_lsi(card, third, answer, expected):
    one = _OneAtr(card.link)
    one.atr = bytes.fromhex(f"3B9F96803FC7{third}8031E073FE21136555494343736913" + "00")
    one.answered = answer
    found = offered(one)
    assert (found if found is None else {name for name, held in found.items() if held}) == expected


def test_a_modem_that_shows_no_atr_leaves_the_modes_unknown(card):
    one = _OneAtr(card.link)
    one.atr = b""
    assert offered(one) is None


def test_a_card_of_version_2_is_not_asked_for_lsis(card):
    assert "O_E_MEP" in read_capabilities(card, {}, {}).unknown
