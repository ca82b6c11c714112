"""The class A0 and the SIM that is no eUICC (TS 51.011, 8 and 9)."""

import pytest

from rspcore.apdu import ResponseApdu
from rspcore.crypto.aka.algorithm import gsm_triplet
from rspcore.crypto.aka.milenage import Milenage
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import preset
from rspsim.card_setup import CardRequest, first_state
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.stores.memory import MemoryStore

PIN, WRONG, PUK = "30303030FFFFFFFF", "39393939FFFFFFFF", "3131313131313131"
ISDR = "00A4040010A0000005591010FFFFFFFF8900000100"


class Sim:
    """A terminal that knows the class A0 alone."""

    def __init__(self, **request):
        self.card = Euicc(
            first_state(CardRequest(**request), make_pki()), MemoryStore(), SeededRng(b"sim")
        )
        self.atr = self.card.reset()

    def __call__(self, text):
        answer = ResponseApdu.parse(self.card.transmit(bytes.fromhex(text)))
        if answer.sw >> 8 == 0x9F:
            more = self.card.transmit(bytes((0xA0, 0xC0, 0, 0, answer.sw & 0xFF)))
            return ResponseApdu.parse(more)
        return answer

    def sw(self, *commands):
        return f"{[self(one) for one in commands][-1].sw:04X}"


@pytest.fixture
def sim():
    return Sim(personality="plain-sim")


def test_plain_sim_is_no_euicc(sim):
    assert sim.atr[4] == 0x1F
    assert sim.atr[5] == 0xC7
    assert sim.sw(ISDR) == "6A82"
    assert sim.sw("00A40000022FE2").startswith("61")


def test_class_is_an_option(sim):
    assert Sim().sw("A0A40000023F00") == "6E00"
    assert Sim(options=("sim-class=yes",)).sw("A0A40000023F00") == "9000"
    assert Sim(options=("sim-class=yes",)).sw(ISDR) != "6A82"


def test_profile_of_a_plain_sim_can_be_named():
    sim = Sim(personality="plain-sim", profiles=("PROFILE_OPERATIONAL2",))
    assert sim("A0A40000022FE2").sw == 0x9000
    number = sim("A0B000000A").data
    assert number == preset("PROFILE_OPERATIONAL2").iccid.octets


@pytest.mark.parametrize(
    ("commands", "answer"),
    [
        (("A0A40000022FE2",), "0000000A2FE204000FF04401020000"),
        (("A0A40000022FE2", "A0B0000003"), "989209"),
        (("A0A40000027F20", "A0F2000016"), "000000007F2002000000000009810017040083 8A838A"),
        (("A0A40000027F20", "A0A40000026F07"), "000000096F07040014F04401020000"),
        (("A0A40000027F20", "A0A40000026F07", "A0B0000009"), "080910101032547618"),
    ],
)
def test_answers(sim, commands, answer):
    given = [sim(one) for one in commands][-1]
    assert given.sw == 0x9000
    assert given.data == bytes.fromhex(answer)


@pytest.mark.parametrize(
    ("commands", "word"),
    [
        (("A0A40000022FFF",), "9404"),
        (("A0A40000012F",), "6702"),
        (("A0A40400022FE2",), "6B00"),
        (("A0B0000001",), "9400"),
        (("A0A40000022FE2", "A0B0000A01"), "9402"),
        (("A0A40000022FE2", "A0B000000B"), "670A"),
        (("A0A40000022FE2", "A0B2010421"), "9408"),
        (("A0A40000022F00", "A0B2090421"), "9402"),
        (("A0A40000022FE2", "A0D600000100"), "9804"),
        (("A0C0000001",), "6985"),
        (("A0FE000000",), "6D00"),
        (("A0FA000000",), "9000"),
        (("A020000108" + PIN,), "9808"),
        (("A028000108" + PIN,), "9000"),
        (("A028000108" + WRONG,), "9804"),
        (("A028000108" + WRONG,) * 3, "9840"),
        (("A028000108" + WRONG,) * 3 + ("A02C000010" + PUK + PIN,), "9000"),
    ],
)
def test_words(sim, commands, word):
    assert sim.sw(*commands) == word


def test_enabled_code_guards_both_classes(sim):
    assert sim.sw("A028000108" + PIN) == "9000"
    sim.card.reset()
    assert sim.sw("A0A40000027F20", "A0A40000026F07", "A0B0000009") == "9804"
    assert sim.sw("A020000108" + PIN) == "9000"
    assert sim.sw("A0B0000009") == "9000"


def test_network_is_answered(sim):
    rand = bytes(range(16))
    parameters = preset("PROFILE_OPERATIONAL1")
    vector = Milenage(parameters.ki, parameters.operator_constant).vector(rand)
    sim("A0A40000027F20")
    assert sim("A088000010" + rand.hex()).data == b"".join(gsm_triplet(vector))


def test_toolkit_is_the_same(sim):
    assert sim.sw("A010000001FF") == "9000"
    assert sim.sw("A012000000") == "6985"
