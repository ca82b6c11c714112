"""A card with a published test profile enabled, and a terminal that sends it commands."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.ids import Aid, Iccid
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.generate import make_pki
from rspcore.profile_reader import ProfileFacts, split
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.profile_content.interpreter.building import Building
from rspsim.euicc.profile_content.interpreter.interpret import interpret
from rspsim.euicc.profile_content.model import (
    AccessRuleReference,
    File,
    FileKind,
    FileSystem,
    Pin,
    ProfileContent,
    Puk,
)
from rspsim.euicc.state import CardState, Profile
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore

sys.path.insert(0, str(Path(__file__).parents[3]))
from evidence import place


def package(name: str) -> bytes:
    """Returns a published package, or skips the test."""
    return place(f"ts48/{name}").read_bytes()


def interpreted(octets: bytes) -> Building:
    """Runs the interpreter over a whole package."""
    state = personalise(make_pki())
    building = Building(personality=state.personality)
    for element in split(octets):
        building = interpret(building, element)
    return building


def with_enabled(octets: bytes, aid: str = "A0000005591010FFFFFFFF8900001000") -> CardState:
    """Returns a card state with the package installed and enabled."""
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
    """A terminal with its card: sends APDUs, follows 61XX, and fetches what goes with a warning."""

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
        command = CommandApdu.parse(bytes.fromhex(text))
        if command.case == 4 and response.sw >> 8 in (0x62, 0x63) and not response.data:
            data = self._warned()
        return replace(response, data=data or response.data)

    def _warned(self) -> bytes:
        """Returns the data that go with a warning (TS 102 221, 7.3.1.1.4)."""
        size = self.card.transmit(bytes.fromhex("00C0000000"))
        if size[0] == 0x6C and len(size) == 2:
            size = self.card.transmit(bytes((0, 0xC0, 0, 0, size[1])))
        return size[:-2] if size[-2:] == b"\x90\x00" else b""

    def sw(self, text: str) -> str:
        return f"{self(text).sw:04X}"


@pytest.fixture
def terminal() -> Callable[[str], Terminal]:
    """Makes terminals on cards with a named package enabled."""
    return lambda name: Terminal(with_enabled(package(name)))


def content_with(
    *files: File, pins: tuple[Pin, ...] = (), puks: tuple[Puk, ...] = ()
) -> ProfileContent:
    """Returns a content with an MF, these files, PIN1, PIN2, ADM1 and a PUK, unless others come.

    EF.ARR (2F06) has the records of `RULES`.
    """
    width = max(map(len, RULES))
    arr = b"".join(rule.ljust(width, b"\xff") for rule in RULES)
    base = (
        File(path=(), kind=FileKind.MF, access=rule(1), pin_status=(0x01, 0x0A)),
        File(
            path=(0x2F06,),
            kind=FileKind.LINEAR_FIXED,
            body=arr,
            record_length=width,
            sfi=6,
            access=rule(1),
        ),
    )
    return ProfileContent(
        files=FileSystem((*base, *files)),
        pins=pins
        or (
            Pin(context=(), reference=0x01, value=b"0000\xff\xff\xff\xff", puk=0x01),
            Pin(context=(), reference=0x0A, value=b"55555555", maximum=10, remaining=10),
        ),
        puks=puks or (Puk(reference=0x01, value=b"11111111", maximum=3, remaining=3),),
    )


def rule(record: int) -> AccessRuleReference:
    """Returns a reference to a record of the EF.ARR that `content_with` makes."""
    return AccessRuleReference(fid=0x2F06, record=record)


PIN1, ADM1 = "A406830101950108", "A40683010A950108"
RULES = tuple(
    bytes.fromhex(text)
    for text in (
        "80017F9000 8401329000",  # 1: everything always
        f"800103{PIN1}",  # 2: PIN1
        f"8001019000 80017E{ADM1}",  # 3: read always, the rest ADM1
        f"800103A010{PIN1}{ADM1}",  # 4: PIN1 or ADM1
        f"800103AF10{PIN1}{ADM1}",  # 5: PIN1 and ADM1
        f"800103A708{PIN1}",  # 6: not PIN1
        "80017F9700",  # 7: never
        f"8001019000 800102{PIN1}",  # 8: read always, update PIN1; INCREASE unnamed
        f"8001039000 840132{ADM1}",  # 9: read and update always, INCREASE ADM1
        "8000 9000",  # 10: an access mode without its octet
        f"800101{PIN1}{ADM1}",  # 11: PIN1 and ADM1, one after the other
        f"8001019000 80017E{ADM1} 8401D4{ADM1}",  # 12: as 3, RESIZE among it
    )
)


class Kit:
    """What a test of a file command needs: content, rules, terminals on it."""

    content_with = staticmethod(content_with)
    rule = staticmethod(rule)
    package = staticmethod(package)

    @staticmethod
    def terminal(*files: File, content: ProfileContent | None = None, **made: object) -> Terminal:
        """Returns a terminal on a card whose enabled Profile has these files."""
        profile = Profile(
            aid=Aid.from_hex("A0000005591010FFFFFFFF8900001000"),
            metadata=StoreMetadataRequest(
                iccid=Iccid.from_digits("89000123456789012341"),
                service_provider_name="S",
                profile_name="P",
            ),
            content=content or content_with(*files, **made),
            state=1,
        )
        return Terminal(replace(personalise(make_pki()), profiles=(profile,)))

    @staticmethod
    def changed(name: str, change: Callable[[ProfileContent], ProfileContent]) -> Terminal:
        """Returns a terminal on a card with a published package, its content changed."""
        state = with_enabled(package(name))
        profile = state.profiles[0]
        return Terminal(
            replace(state, profiles=(replace(profile, content=change(profile.content)),))
        )


@pytest.fixture
def kit() -> type[Kit]:
    return Kit
