"""UICC.Authenticate: the USIM authenticates a network, with the key of the Profile."""

from dataclasses import replace

from rspcore.crypto.aka.algorithm import gsm_triplet, xor
from rspcore.crypto.aka.milenage import Milenage
from rspcore.profile_maker import make_profile, preset
from rspcore.profile_maker.editing import edited, with_component
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.file_access import select_application

RAND = bytes.fromhex("23553CBE9637A89D218AE64DAE47BF35")
AMF = b"\x80\x00"


def network(parameters):
    """Returns the network's side of the algorithm."""
    return Milenage(parameters.ki, parameters.operator_constant)


def challenge(algorithm, sqn):
    """Returns AUTHENTICATE in the 3G context for a sequence number."""
    octets = sqn.to_bytes(6, "big")
    ak = algorithm.vector(RAND).ak
    autn = xor(octets, ak) + AMF + algorithm.mac_a(RAND, octets, AMF)
    return f"0088008122 10{RAND.hex()}10{autn.hex()} 00"


def lv(*parts):
    """Returns octet strings, each behind its length."""
    return b"".join(bytes((len(part),)) + part for part in parts)


@testcase("UICC.Authenticate#01")
def test_challenge_is_answered(own, parameters, step):
    """A right challenge is answered with RES, CK and IK (and Kc when service 27 is there)."""
    algorithm = network(parameters)
    with step("Terminal -> UICC: AUTHENTICATE, SQN 21"):
        own.select_usim()
        answer = own(challenge(algorithm, 0x21))
    with step("Expected: DB, RES, CK, IK"):
        expect.success(answer)
        vector = algorithm.vector(RAND)
        expected = b"\xdb" + lv(vector.res, vector.ck, vector.ik)
        allowed = (expected, expected + lv(gsm_triplet(vector)[1]))
        expect.one_of(answer.data, allowed, "response data")


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
        held = (0x21).to_bytes(6, "big")
        auts = xor(held, algorithm.resync_ak(RAND)) + algorithm.mac_s(RAND, held, bytes(2))
        expect.equal(answer.data, b"\xdc" + lv(auts), "response data")


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
