"""A card with a published test profile enabled, and a terminal to talk to it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore.apdu import ResponseApdu
from rspcore.ids import Aid
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.generate import make_pki
from rspcore.profile import ProfileFacts, split
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState, Profile
from rspsim.euicc.uicc.interpreter.building import Building
from rspsim.euicc.uicc.interpreter.interpret import interpret
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore

TS48 = Path(__file__).parents[6] / "shared" / "data" / "ts48"


def package(name: str) -> bytes:
    """Return a published package, or skip."""
    path = TS48 / name
    if not path.exists():
        pytest.skip(f"{path.name} of shared/data/ts48 is not here")
    return path.read_bytes()


def interpreted(octets: bytes) -> Building:
    """Run the interpreter over a whole package."""
    state = personalise(make_pki())
    building = Building(personality=state.personality)
    for element in split(octets):
        building = interpret(building, element)
    return building


def with_enabled(octets: bytes, aid: str = "A0000005591010FFFFFFFF8900001000") -> CardState:
    """Return a card state with the package installed and enabled."""
    facts = ProfileFacts.of_package(octets)
    profile = Profile(
        aid=Aid.from_hex(aid),
        metadata=StoreMetadataRequest(
            iccid=facts.iccid, service_provider_name="GSMA_TEST", profile_name="GSMA_TEST_PROFILE"
        ),
        content=interpreted(octets).content,
        state=1,
        package=octets,
    )
    return replace(personalise(make_pki()), profiles=(profile,))


class Terminal:
    """Send APDUs, follow 61XX, keep the card."""

    def __init__(self, state: CardState) -> None:
        self.store = MemoryStore()
        self.card = Euicc(state, self.store, SeededRng(b"terminal"))
        self.card.reset()

    def __call__(self, text: str) -> ResponseApdu:
        response = ResponseApdu.parse(self.card.transmit(bytes.fromhex(text)))
        data = b""
        while response.sw >> 8 == 0x61:
            more = self.card.transmit(bytes((0, 0xC0, 0, 0, response.sw & 0xFF)))
            response = ResponseApdu.parse(more)
            data += response.data
        return replace(response, data=data or response.data)

    def sw(self, text: str) -> str:
        return f"{self(text).sw:04X}"


@pytest.fixture
def terminal() -> Callable[[str], Terminal]:
    """Give terminals on cards with a named package enabled."""
    return lambda name: Terminal(with_enabled(package(name)))
