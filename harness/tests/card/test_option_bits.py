"""Which octet of a card makes which option: the bits are written here from the specification.

Sources: SGP.22 v2, 2.4.1, 5.7.8 and annex H; SGP.22 v3.1, 5.7.1 and 5.7.8.
"""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspharness.card.capabilities import (
    CHAIN_OPTIONS,
    NOT_DECLARED,
    Capabilities,
    Options,
    options_beside_profiles,
    read_capabilities,
)
from rspharness.card.card_under_test import Card
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions

pytestmark = pytest.mark.once

RSP = {
    1: "CRL_V2",
    2: "O_E_RPM",
    3: "TEST_PROFILE",
    4: "DEVINFO_EXT",
    5: "SVC_DATA",
    19: "O_E_OS_UPDATE",
}
UICC = {
    2: "ISIM",
    3: "CSIM",
    4: "MILENAGE",
    6: "TUAK",
    8: "USIM_TEST",
    14: "JAVACARD",
    19: "BER_TLV",
    22: "GET_IDENTITY",
    23: "SUCI_A",
    24: "SUCI_B",
}


def _opened(**options):
    return Run(RunOptions(**options)).open_card(Trace(), Timings())


@pytest.fixture
def card():
    return _opened()


class _Saying(Card):
    """A card whose EUICCInfo2 has other bits than it has."""

    def __init__(self, link, said):
        super().__init__(link)
        self.said = said

    def send(self, request):
        response = super().send(request)
        return replace(response, **self.said) if hasattr(response, "uicc_capability") else response


def _read(card, **said):
    return read_capabilities(_Saying(card.link, said), {}, {}).options


@pytest.mark.parametrize(
    ("part", "names"), [("rsp_capability", RSP), ("uicc_capability", UICC)], ids=["88", "85"]
)
def test_each_option_is_its_bit_and_no_other(card, part, names):
    none = _read(card, **{part: frozenset()})
    assert not any(none[name] for name in names.values())
    whole = _read(card, **{part: frozenset(range(40))})
    assert all(whole[name] for name in names.values())
    for bit, name in names.items():
        found = _read(card, **{part: frozenset({bit})})
        assert {one for one in names.values() if found[one]} == {name}


@pytest.mark.parametrize(("bits", "held"), [({6}, (1, 0)), ({7}, (1, 1)), ({5}, (0, 0))])
def test_tuak_is_there_with_either_length(card, bits, held):
    found = _read(card, uicc_capability=frozenset(bits))
    assert (found["TUAK"], found["TUAK256"]) == tuple(map(bool, held))


@pytest.mark.parametrize(
    ("rules", "held"),
    [
        (None, set()),
        ({1}, {"FORBIDDEN_PPR1", "FORBIDDEN_PPR"}),
        ({2}, {"FORBIDDEN_PPR2", "FORBIDDEN_PPR"}),
        ({1, 2}, {"FORBIDDEN_PPR1", "FORBIDDEN_PPR2", "FORBIDDEN_PPR"}),
    ],
)
def test_forbidden_rules_are_those_named(card, rules, held):
    said = None if rules is None else frozenset(rules)
    found = _read(card, forbidden_profile_policy_rules=said)
    assert {name for name in found if name.startswith("FORBIDDEN") and found[name]} == held


@pytest.mark.parametrize(("bits", "held"), [(None, False), ({0}, False), ({1}, True), ({2}, False)])
def test_integrated_is_the_second_bit_of_the_tre(card, bits, held):
    said = None if bits is None else frozenset(bits)
    assert _read(card, tre_properties=said)["O_E_INTEGRATED"] is held


LPAE = {"0780": "LPAE_CAT", "0640": "LPAE_SCWS", "0410": "LPAE_E4E"}


@pytest.mark.parametrize("octets", [*LPAE, "0520", "002F", "00", "", "0400"])
def test_each_interface_of_an_lpae_is_its_bit_and_no_other(card, octets):
    card.open()
    bits = tlv.encode(0x03, bytes.fromhex(octets))
    card.fci = tlv.encode(0x6F, tlv.encode(0xE0, bytes.fromhex("8203020500"), bits))
    found = read_capabilities(card, {}, {}).options
    wanted = {LPAE[octets], "O_E_LPAe"} if octets in LPAE else set()
    names = ("LPAE_CAT", "LPAE_SCWS", "LPAE_E4E", "O_E_LPAe")
    assert {name for name in names if found[name]} == wanted


@pytest.mark.parametrize(
    ("answer", "known"),
    [("6F07E0058203020500", True), ("6F0F84", False), ("", True), ("6F", False)],
)
def test_answer_to_select_that_cannot_be_read_leaves_the_lpae_unknown(card, answer, known):
    card.open()
    card.fci = bytes.fromhex(answer)
    read = read_capabilities(card, {}, {})
    assert ("O_E_LPAe" in read.options) is known
    if known:
        assert read.options["O_E_LPAe"] is False
    else:
        assert read.unknown["O_E_LPAe"] == "the answer to SELECT ISD-R cannot be decoded"


def test_sim_that_is_no_euicc_has_no_option_but_those_declared():
    sim = _opened(personality="plain-sim")
    read = read_capabilities(sim, {"SCP81": True}, {"O_E_NIST": b""})
    assert {name for name, value in read.options.items() if value} == {"SCP81"}
    assert {"O_E_NIST", "O_E_LPAe", "RAT_PPR1", "MILENAGE", "V3_1", "PROVISIONING"} <= {
        *read.options
    }
    assert not read.unknown


@pytest.mark.parametrize(
    ("personality", "v3_1"), [("v2.5", False), ("v3.0", False), ("v3.1", True)]
)
def test_v3_1_is_what_the_highest_version_says(personality, v3_1):
    read = read_capabilities(_opened(personality=personality), {}, {})
    assert read.options["V3_1"] is v3_1


@pytest.mark.parametrize(("chain", "flat", "others"), [("none", True, False), ("B", True, None)])
def test_which_chain_is_behind_the_list_of_version_3_is_to_be_declared(
    tmp_path, chain, flat, others
):
    target = tmp_path / "card.toml"
    words = f'kind = "inprocess"\n[card]\npersonality = "v3.1"\nchain = "{chain}"\n'
    target.write_text(words, encoding="utf-8")
    read = read_capabilities(_opened(target=str(target)), {}, {})
    assert read.options["O_VAR_O"] is flat
    for name in CHAIN_OPTIONS:
        assert read.options.get(name) is others
        assert read.unknown.get(name) == (NOT_DECLARED if others is None else None)


def test_value_that_is_known_counts_whatever_else_is_said():
    options = Options(Capabilities({"SCP81": True}, unknown={"SCP81": NOT_DECLARED}))
    assert options["SCP81"] is True
    with pytest.raises(KeyError):
        options["NO_SUCH_OPTION"]


@pytest.mark.parametrize(
    ("rat_ppr1", "ppr1", "ppr2", "expected"),
    [
        (True, True, False, (False, False)),
        (True, True, True, (False, True)),
        (True, False, False, (False, False)),
        (False, True, False, (True, True)),
        (False, True, True, (True, True)),
    ],
)
def test_rule_that_the_rat_allows_is_forbidden_by_the_profiles_alone(
    rat_ppr1, ppr1, ppr2, expected
):
    read = {"FORBIDDEN_PPR1": ppr1, "FORBIDDEN_PPR2": ppr2, "FORBIDDEN_PPR": ppr1 or ppr2}
    found = options_beside_profiles({"RAT_PPR1": rat_ppr1, **read})
    assert (found["FORBIDDEN_PPR1"], found["FORBIDDEN_PPR"]) == expected
    assert found["FORBIDDEN_PPR2"] is ppr2


def test_what_was_not_read_stays_unread_beside_profiles():
    assert options_beside_profiles({"RAT_PPR1": True}) == {"RAT_PPR1": True}
    assert options_beside_profiles({}) == {}
