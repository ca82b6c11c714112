"""UICC.Authenticate: the USIM authenticates a network, with the key of the Profile."""

from dataclasses import replace

from rspcore.crypto.aka.algorithm import gsm_triplet
from rspcore.crypto.aka.tuak import Tuak
from rspcore.crypto.aka.usim_test_algorithm import UsimTestAlgorithm
from rspcore.profile_maker import make_profile, preset
from rspcore.profile_maker.editing import edited, with_component
from rspcore.profile_reader.network_access import AlgorithmId
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.aka_challenges import RAND, answers, auts, challenge, lv, network
from rspharness.suite.codes import code
from rspharness.suite.file_access import select_application
from rspharness.suite.logical_channels import opened


@testcase("UICC.Authenticate#01")
def test_challenge_is_answered(own, parameters, step):
    """A right challenge is answered with RES, CK and IK (and Kc when service 27 is there)."""
    algorithm = network(parameters)
    with step("Terminal -> UICC: AUTHENTICATE, SQN 21"):
        own.select_usim()
        answer = own(challenge(algorithm, 0x21))
    with step("Expected: DB, RES, CK, IK"):
        expect.success(answer)
        expect.one_of(answer.data, answers(algorithm), "response data")


@testcase("UICC.Authenticate#02")
def test_wrong_mac(own, parameters, step):
    """A wrong MAC is answered 9862, and the number is not used up."""
    algorithm = network(parameters)
    good = challenge(algorithm, 0x21).replace(" ", "")
    with step("Terminal -> UICC: AUTHENTICATE, last bit of MAC flipped"):
        own.select_usim()
        bad = good[:-4] + f"{int(good[-4:-2], 16) ^ 1:02X}00"
        expect.sw(own(bad), 0x9862)
    with step("Expected: the undamaged challenge is taken"):
        expect.equal(own(good).data[:1], b"\xdb", "tag")


@testcase("UICC.Authenticate#03")
def test_replay_is_answered_with_auts(own, parameters, step):
    """A challenge used before is answered with AUTS for the highest number accepted."""
    algorithm = network(parameters)
    with step("Initial conditions: SQN 21 accepted"):
        own.select_usim()
        own(challenge(algorithm, 0x21))
    with step("Terminal -> UICC: AUTHENTICATE, SQN 21 again"):
        answer = own(challenge(algorithm, 0x21))
    with step("Expected: DC and AUTS of 21"):
        expect.success(answer)
        expect.equal(answer.data, auts(algorithm, 0x21), "response data")


@testcase("UICC.Authenticate#04")
def test_numbers_stay_over_a_reset(own, parameters, step):
    """The numbers accepted are kept."""
    algorithm = network(parameters)
    with step("Initial conditions: SQN 21 accepted, reset"):
        own.select_usim()
        own(challenge(algorithm, 0x21))
        own.card.reset()
    with step("Expected: SQN 21 is refused with AUTS, SQN 41 is taken"):
        own.select_usim()
        expect.equal(own(challenge(algorithm, 0x21)).data[:1], b"\xdc", "tag")
        expect.equal(own(challenge(algorithm, 0x41)).data[:1], b"\xdb", "tag")


@testcase("UICC.Authenticate#05")
def test_gsm_context(own, parameters, step):
    """In the GSM context the USIM answers SRES and Kc."""
    with step("Terminal -> UICC: AUTHENTICATE, P2=80"):
        own.select_usim()
        answer = own(f"008800801110{RAND.hex()}00")
    with step("Expected: SRES and Kc"):
        expected = lv(*gsm_triplet(network(parameters).vector(RAND)))
        expect.equal(answer.data, expected, "response data")


def limited(uses):
    """Returns a Profile whose key may be used a number of times."""
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    limit = with_component("algoConfiguration/1/authCounterMax", uses.to_bytes(3, "big"))
    return replace(made, upp=edited(made.upp, "akaParameter", limit))


@testcase("UICC.Authenticate#08")
def test_key_is_used_up(card, given, note, step):
    """After as many challenges as the package allows, what the card answers is recorded."""
    made = limited(3)
    given.profiles(made, enabled=made)
    algorithm = network(made.parameters)
    select_application(card)
    with step("Terminal -> UICC: AUTHENTICATE, three times; expected: answered"):
        for seq in range(1, 4):
            answer = card.apdu(challenge(algorithm, seq << 5).replace(" ", ""))
            expect.equal(answer.data[:1], b"\xdb", "tag")
    with step("Terminal -> UICC: AUTHENTICATE, once more"):
        answer = card.apdu(challenge(algorithm, 4 << 5).replace(" ", ""))
        note(f"the card answers {answer.data[:1].hex().upper()} SW {answer.sw:04X}")
        expect.refused(answer, 0x6985)


@testcase("UICC.Authenticate#06")
def test_unknown_context(own, step):
    """A context that the card does not offer is refused."""
    with step("Terminal -> UICC: AUTHENTICATE, P2=8F"):
        own.select_usim()
        own.refused("0088008F2210" + "00" * 16 + "10" + "00" * 16 + "00", 0x9864, 0x6A86, 0x6982)


@testcase("UICC.Authenticate#07")
def test_no_application(own, step):
    """Without an application there is nothing to authenticate with."""
    with step("Terminal -> UICC: AUTHENTICATE after a reset"):
        own.refused(
            "008800812210" + "00" * 16 + "10" + "00" * 16 + "00", 0x6985, 0x6982, 0x6D00, 0x6A88
        )


@testcase("UICC.Authenticate#09")
def test_each_index_has_its_number(own, parameters, step):
    """A lower sequence number is accepted when its index has seen none as high."""
    algorithm = network(parameters)
    with step("Initial conditions: SEQ 5 of index 1 accepted"):
        own.select_usim()
        expect.equal(own(challenge(algorithm, 5 << 5 | 1)).data[:1], b"\xdb", "tag")
    with step("Expected: SEQ 3 of index 2 is accepted, and of index 1 not"):
        expect.equal(own(challenge(algorithm, 3 << 5 | 2)).data[:1], b"\xdb", "SEQ 3, index 2")
        expect.equal(own(challenge(algorithm, 3 << 5 | 1)).data[:1], b"\xdc", "SEQ 3, index 1")


@testcase("UICC.Authenticate#10")
def test_auts_names_the_highest_number(own, parameters, step):
    """AUTS holds the highest number accepted, whichever index the refused challenge has."""
    algorithm = network(parameters)
    with step("Initial conditions: SEQ 7 of index 3, then SEQ 4 of index 9 accepted"):
        own.select_usim()
        own(challenge(algorithm, 7 << 5 | 3))
        own(challenge(algorithm, 4 << 5 | 9))
    with step("Terminal -> UICC: AUTHENTICATE, SEQ 4 of index 9 again"):
        answer = own(challenge(algorithm, 4 << 5 | 9))
    with step("Expected: AUTS of SEQ 7, index 3"):
        expect.equal(answer.data, auts(algorithm, 7 << 5 | 3), "response data")


@testcase("UICC.Authenticate#11")
def test_number_just_above(own, parameters, step):
    """The number accepted last is refused, the one above it is accepted, for the same index."""
    algorithm = network(parameters)
    with step("Initial conditions: SEQ 9 of index 4 accepted"):
        own.select_usim()
        own(challenge(algorithm, 9 << 5 | 4))
    with step("Expected: SEQ 9 refused with AUTS, SEQ 10 accepted"):
        expect.equal(own(challenge(algorithm, 9 << 5 | 4)).data[:1], b"\xdc", "SEQ 9")
        expect.equal(own(challenge(algorithm, 10 << 5 | 4)).data[:1], b"\xdb", "SEQ 10")


@testcase("UICC.Authenticate#19")
def test_number_has_43_bits(own, parameters, step):
    """SEQ is compared in all its bits: one beyond 32 bits is higher than any below."""
    algorithm = network(parameters)
    stride = 0x0FFFFFFF  # within the largest jump that a card may be given by default
    with step("Initial conditions: SEQ 1, then up in steps to the end of 32 bits, all accepted"):
        own.select_usim()
        for number in range(17):
            answer = own(challenge(algorithm, 1 + number * stride << 5 | 1))
            expect.equal(answer.data[:1], b"\xdb", f"SEQ {1 + number * stride:X}")
    with step("Expected: the next step is accepted, though its lowest 32 bits are lower"):
        answer = own(challenge(algorithm, 1 + 17 * stride << 5 | 1))
        expect.equal(answer.data[:1], b"\xdb", f"SEQ {1 + 17 * stride:X}")
    with step("Expected: the lowest 32 bits alone, and one more than they are, are refused"):
        low = (1 + 17 * stride) & 0xFFFFFFFF
        for seq in (low, low + 1):
            answer = own(challenge(algorithm, seq << 5 | 1))
            expect.equal(answer.data[:1], b"\xdc", f"SEQ {seq:X}")


@testcase("UICC.Authenticate#12")
def test_amf_is_part_of_the_mac(own, parameters, step):
    """A challenge whose AMF was changed is answered 9862."""
    good = challenge(network(parameters), 0x21).replace(" ", "")
    at = 2 * (5 + 17 + 1 + 6)
    with step("Terminal -> UICC: AUTHENTICATE, AMF 8001 in place of 8000"):
        own.select_usim()
        expect.equal(good[at : at + 4], "8000", "AMF of the challenge")
        expect.sw(own(good[:at] + "8001" + good[at + 4 :]), 0x9862)


@testcase("UICC.Authenticate#13")
def test_number_is_part_of_the_mac(own, parameters, step):
    """A challenge whose number was changed is answered 9862, never with AUTS."""
    good = challenge(network(parameters), 0x21).replace(" ", "")
    at = 2 * (5 + 17 + 1)
    with step("Terminal -> UICC: AUTHENTICATE, first octet of the concealed number changed"):
        own.select_usim()
        changed = f"{int(good[at : at + 2], 16) ^ 0x80:02X}"
        expect.sw(own(good[:at] + changed + good[at + 2 :]), 0x9862)


@testcase("UICC.Authenticate#14")
def test_gsm_context_uses_no_number(own, parameters, step):
    """The GSM context leaves the sequence numbers as they are."""
    algorithm = network(parameters)
    with step("Initial conditions: SEQ 1 accepted, then the GSM context used"):
        own.select_usim()
        own(challenge(algorithm, 0x21))
        expect.success(own(f"008800801110{RAND.hex()}00"), "AUTHENTICATE, P2=80")
    with step("Expected: SEQ 2 is accepted, SEQ 1 is not"):
        expect.equal(own(challenge(algorithm, 0x21)).data[:1], b"\xdc", "SEQ 1")
        expect.equal(own(challenge(algorithm, 0x41)).data[:1], b"\xdb", "SEQ 2")


@testcase("UICC.Authenticate#15")
def test_numbers_are_those_of_the_card(own, parameters, step):
    """A number used on one channel is used on every other."""
    algorithm = network(parameters)
    with step("Initial conditions: SEQ 1 accepted on channel 0"):
        _, aid = own.select_usim()
        own(challenge(algorithm, 0x21))
        channel = opened(own.card)
        expect.success(own(f"{channel:02X}A4040C{len(aid):02X}{aid.hex()}"), "SELECT ADF.USIM")
    with step("Expected: refused with AUTS on the other channel"):
        again = challenge(algorithm, 0x21).replace(" ", "")
        expect.equal(own(f"{channel:02X}{again[2:]}").data[:1], b"\xdc", "tag")


@testcase("UICC.Authenticate#16")
def test_user_has_to_verify(own, parameters, step):
    """With PIN1 enabled and not verified, no challenge is answered and no number used."""
    algorithm = network(parameters)
    with step("Initial conditions: PIN1 enabled, reset"):
        expect.success(own(f"0028000108{code('pin1')}"), "ENABLE PIN")
        own.card.reset()
        own.select_usim()
    with step("Terminal -> UICC: AUTHENTICATE, in both contexts"):
        own.refused(challenge(algorithm, 0x21), 0x6982)
        own.refused(f"008800801110{RAND.hex()}00", 0x6982)
    with step("Expected: answered after VERIFY PIN"):
        own.verify()
        expect.equal(own(challenge(algorithm, 0x21)).data[:1], b"\xdb", "tag")


def with_algorithm(number):
    """Returns a Profile with another algorithm, and the network's side of it."""
    size = 32 if number is AlgorithmId.tuak else 16
    parameters = replace(
        preset("PROFILE_OPERATIONAL1"), algorithm=number, opc=bytes(range(size)), ki=b"\xab" * 16
    )
    if number is AlgorithmId.usim_test:
        return make_profile(parameters), UsimTestAlgorithm(parameters.ki)
    return make_profile(parameters), Tuak(parameters.ki, parameters.operator_constant)


@testcase.each(
    "number",
    {"UICC.Authenticate#17": AlgorithmId.tuak, "UICC.Authenticate#18": AlgorithmId.usim_test},
)
def test_other_algorithms(card, given, step, number):
    """With TUAK and the test algorithm, a challenge, a wrong MAC and a replay are answered so."""
    made, algorithm = with_algorithm(number)
    given.profiles(made, enabled=made)
    select_application(card)
    good = challenge(algorithm, 0x21).replace(" ", "")
    with step("Terminal -> UICC: AUTHENTICATE, last bit of MAC flipped, then sound, then again"):
        wrong = card.apdu(good[:-4] + f"{int(good[-4:-2], 16) ^ 1:02X}00")
        answer, again = card.apdu(good), card.apdu(good)
    with step("Expected: 9862; RES, CK and IK; AUTS"):
        expect.sw(wrong, 0x9862)
        expect.one_of(answer.data, answers(algorithm), "response data")
        expect.equal(again.data, auts(algorithm, 0x21), "answer to the replay")
