"""UICC.Authenticate: limits and array of the sequence numbers, other applications and lengths."""

from dataclasses import replace

from rspcore.crypto.aka.milenage import Milenage
from rspcore.crypto.aka.tuak import Tuak
from rspcore.crypto.aka.usim_test_algorithm import UsimTestAlgorithm
from rspcore.profile_maker import make_profile, preset
from rspcore.profile_maker.editing import edited, element, inserted, with_component
from rspcore.profile_maker.elements import ISIM_AID, isim
from rspcore.profile_maker.presets import own_secret
from rspcore.profile_reader.network_access import AlgorithmId
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.aka_challenges import (
    ACCEPTED,
    RAND,
    REFUSED,
    answers,
    auts,
    challenge,
    lv,
    network,
)
from rspharness.suite.codes import code
from rspharness.suite.file_access import select_application

EVERY_CHECK = b"\x1e"
"""sqnOptions that ask for every check, whichever of the bits 2 to 5 stands for which."""
FAR = 0x07FFFFFFFFFF
"""The largest SEQ: a limit that limits nothing."""
INDICES = 32


def limited(*, delta=FAR, age=FAR):
    """Returns a Profile whose USIM holds sequence numbers against these limits."""
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    upp = edited(made.upp, "akaParameter", with_component("sqnOptions", EVERY_CHECK))
    for name, limit in (("sqnDelta", delta), ("sqnAgeLimit", age)):
        upp = edited(upp, "akaParameter", with_component(name, limit.to_bytes(6, "big")))
    return replace(made, upp=upp)


class Usim:
    """The USIM of a Profile made for a case, and its network."""

    def __init__(self, card, given, made, algorithm=None):
        given.profiles(made, enabled=made)
        self.card = card
        self.algorithm = algorithm or network(made.parameters)
        select_application(card)

    def asked(self, seq, index):
        """Returns the data of the answer to a challenge; none when it is refused."""
        return self.card.apdu(challenge(self.algorithm, seq << 5 | index).replace(" ", "")).data

    def accepts(self, seq, index):
        """Requires that a challenge with this number is accepted."""
        expect.equal(self.asked(seq, index)[:1], ACCEPTED, f"SEQ {seq}, index {index}")

    def asks_for_synchronisation(self, seq, index, held):
        """Requires that a challenge is answered with AUTS of the number held: SEQ and index."""
        number = held[0] << 5 | held[1]
        expect.equal(
            self.asked(seq, index), auts(self.algorithm, number), f"SEQ {seq}, index {index}"
        )


@testcase("UICC.Authenticate#20")
def test_number_too_far_ahead(card, given, step):
    """A number as far above the highest as the delta is accepted, one further is not."""
    usim = Usim(card, given, limited(delta=16))
    with step("Initial conditions: SEQ 1 accepted, the delta is 16"):
        usim.accepts(1, 3)
    with step("Terminal -> UICC: AUTHENTICATE, SEQ 18; expected: AUTS of SEQ 1"):
        usim.asks_for_synchronisation(18, 3, (1, 3))
    with step("Expected: SEQ 17 is accepted, after a reset SEQ 34 is not and SEQ 33 is"):
        usim.accepts(17, 3)
        card.reset()
        select_application(card)
        usim.asks_for_synchronisation(34, 3, (17, 3))
        usim.accepts(33, 3)


@testcase("UICC.Authenticate#21")
def test_delta_counts_from_the_highest_number(card, given, step):
    """The delta is counted from the highest number accepted, whichever index has it."""
    usim = Usim(card, given, limited(delta=16))
    with step("Initial conditions: SEQ 8 of index 1 and SEQ 16 of index 2 accepted"):
        usim.accepts(8, 1)
        usim.accepts(16, 2)
    with step("Expected: SEQ 33 of index 9 is refused, SEQ 32 is accepted"):
        usim.asks_for_synchronisation(33, 9, (16, 2))
        usim.accepts(32, 9)


@testcase("UICC.Authenticate#22")
def test_number_too_old(card, given, step):
    """A number as old as the age limit is accepted for an index without any, one older is not."""
    usim = Usim(card, given, limited(age=8))
    with step("Initial conditions: SEQ 100 of index 5 accepted, the age limit is 8"):
        usim.accepts(100, 5)
    with step("Expected: SEQ 91 of index 6 is refused with AUTS of SEQ 100, SEQ 92 accepted"):
        usim.asks_for_synchronisation(91, 6, (100, 5))
        usim.accepts(92, 6)
    with step("Expected: SEQ 93 of index 7 too, after a reset"):
        card.reset()
        select_application(card)
        usim.asks_for_synchronisation(90, 7, (100, 5))
        usim.accepts(93, 7)


@testcase("UICC.Authenticate#23")
def test_every_index_has_its_number(card, given, step):
    """Each of the 32 indices has a number of its own, and keeps it over a reset."""
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    usim = Usim(card, given, made)
    with step("Terminal -> UICC: AUTHENTICATE for each index, SEQ one lower each time"):
        for index in range(INDICES):
            usim.accepts(100 - index, index)
    with step("Expected: after a reset each is refused again, and the next number accepted"):
        card.reset()
        select_application(card)
        for index in range(INDICES):
            expect.equal(usim.asked(100 - index, index)[:1], REFUSED, f"index {index} again")
        for index in reversed(range(INDICES)):
            usim.accepts(101 - index, index)


@testcase("UICC.Authenticate#24")
def test_separation_bit(own, parameters, step):
    """The separation bit of the AMF changes the MAC and nothing else."""
    algorithm = network(parameters)
    own.select_usim()
    for seq, amf in enumerate((b"\x80\x00", b"\x00\x00", b"\xff\xff"), 1):
        with step(f"Terminal -> UICC: AUTHENTICATE, AMF {amf.hex().upper()}"):
            answer = own(challenge(algorithm, seq << 5, amf))
            expect.one_of(answer.data, answers(algorithm), "response data")


@testcase.each(
    "context, data",
    {
        "UICC.Authenticate#25": (0x82, "04000000010101"),
        "UICC.Authenticate#26": (0x84, "DD10{rand}10{autn}"),
    },
)
def test_context_without_its_service(own, parameters, step, context, data):
    """A context whose service EF.UST does not have is refused, and no number is used."""
    algorithm = network(parameters)
    own.select_usim()
    good = challenge(algorithm, 0x21).replace(" ", "")
    body = data.format(rand=RAND.hex(), autn=good[-34:-2])
    with step(f"Terminal -> UICC: AUTHENTICATE, P2={context:02X}"):
        own.refused(f"008800{context:02X}{len(body) // 2:02X}{body}00", 0x9864, 0x6A86, 0x6A81)
    with step("Expected: the same challenge is accepted in the 3G context"):
        expect.one_of(own(good).data, answers(algorithm), "response data")


@testcase("UICC.Authenticate#27")
def test_fields_of_other_lengths(own, parameters, step):
    """RAND or AUTN of another length, one left out, one too many: refused, and no number used."""
    algorithm = network(parameters)
    own.select_usim()
    good = challenge(algorithm, 0x21).replace(" ", "")
    rand, autn = RAND.hex(), good[-34:-2]
    wrong = {
        "AUTN of 15 octets": f"10{rand}0F{autn[:-2]}",
        "AUTN of 17 octets": f"10{rand}11{autn}00",
        "RAND of 15 octets": f"0F{rand[:-2]}10{autn}",
        "no AUTN": f"10{rand}",
        "AUTN cut": f"10{rand}10{autn[:-2]}",
        "no length octets": f"{rand}{autn}",
    }
    for what, body in wrong.items():
        with step(f"Terminal -> UICC: AUTHENTICATE, {what}; expected: refused"):
            own.refused(f"00880081{len(body) // 2:02X}{body}00")
    with step("Expected: the whole challenge is accepted"):
        expect.one_of(own(good).data, answers(algorithm), "response data")


def with_tuak(key, iterations=1):
    """Returns a Profile with TUAK, and the network's side of it."""
    parameters = replace(
        preset("PROFILE_OPERATIONAL1"),
        algorithm=AlgorithmId.tuak,
        ki=key,
        opc=own_secret("TOPc", 32),
    )
    made = make_profile(parameters)
    several = with_component("algoConfiguration/1/numberOfKeccak", iterations)
    if iterations > 1:
        made = replace(made, upp=edited(made.upp, "akaParameter", several))
    return made, Tuak(key, parameters.operator_constant, iterations=iterations)


def with_long_result():
    """Returns a Profile with the test algorithm and RES of 16 octets, and the network's side."""
    parameters = replace(
        preset("PROFILE_OPERATIONAL1"), algorithm=AlgorithmId.usim_test, algorithm_options=2
    )
    return make_profile(parameters), UsimTestAlgorithm(parameters.ki, 16)


@testcase.each(
    "profile_and_network",
    {
        "UICC.Authenticate#28": with_tuak(own_secret("TUAK K of 32 octets", 32)),
        "UICC.Authenticate#29": with_tuak(own_secret("TUAK K of 16 octets", 16), iterations=2),
        "UICC.Authenticate#30": with_long_result(),
    },
)
def test_algorithms_as_the_package_sets_them(card, given, step, profile_and_network):
    """Key length, permutations and length of RES are those of the package."""
    made, algorithm = profile_and_network
    usim = Usim(card, given, made, algorithm)
    with step("Terminal -> UICC: AUTHENTICATE, sound, then again"):
        answer, again = usim.asked(1, 0), usim.asked(1, 0)
    with step("Expected: RES, CK and IK; AUTS"):
        expect.one_of(answer, answers(algorithm), "response data")
        expect.equal(again, auts(algorithm, 1 << 5), "answer to the replay")


def with_isim():
    """Returns a Profile with an ISIM that has a key of its own, and the network of the ISIM."""
    made = make_profile(preset("PROFILE_OPERATIONAL1"))
    key, opc = own_secret("ISIM K", 16), own_secret("ISIM OPc", 16)
    algorithm = {"algorithmID": 1, "algorithmOptions": b"\x01", "key": key, "opc": opc}
    keys = element("akaParameter", 78, algoConfiguration=("algoParameter", algorithm))
    upp = inserted(made.upp, isim(), before="securityDomain")
    upp = inserted(upp, keys, before="securityDomain")
    return replace(made, upp=upp), Milenage(key, opc)


@testcase("UICC.Authenticate#31")
def test_isim(card, given, step):
    """An ISIM answers the IMS context with its key and its numbers, and knows no other context."""
    made, algorithm = with_isim()
    usim = Usim(card, given, made)
    with step("Initial conditions: SEQ 9 of the USIM accepted; the ISIM selected"):
        usim.accepts(9, 0)
        select = f"00A40404{len(ISIM_AID):02X}{ISIM_AID.hex()}00"
        expect.success(card.apdu(select), "SELECT ADF.ISIM")
    with step("Terminal -> UICC: AUTHENTICATE of the ISIM, SEQ 1; expected: RES, CK and IK"):
        answer = card.apdu(challenge(algorithm, 1 << 5).replace(" ", ""))
        vector = algorithm.vector(RAND)
        expect.equal(answer.data, ACCEPTED + lv(vector.res, vector.ck, vector.ik), "response data")
    with step("Expected: the GSM context is refused, SEQ 1 answered with AUTS"):
        expect.refused(card.apdu(f"008800801110{RAND.hex()}00"))
        again = card.apdu(challenge(algorithm, 1 << 5).replace(" ", ""))
        expect.equal(again.data, auts(algorithm, 1 << 5), "answer to the replay")


@testcase("UICC.Authenticate#32")
def test_gsm_context_needs_the_user(own, step):
    """The GSM context asks for PIN1 as the 3G context does."""
    with step("Initial conditions: PIN1 enabled, ADF.USIM selected"):
        expect.success(own(f"0028000108{code('pin1')}"), "ENABLE PIN")
        own.card.reset()
        own.select_usim()
    with step("Terminal -> UICC: AUTHENTICATE, GSM context; expected: refused"):
        own.refused(f"0088008011 10{RAND.hex()} 00", 0x6982)
    with step("Terminal -> UICC: VERIFY PIN, the same; expected: SRES and Kc"):
        own.verify()
        answer = own(f"0088008011 10{RAND.hex()} 00")
        expect.success(answer, "AUTHENTICATE")
        expect.equal(len(answer.data), 14, "octets of the answer")
