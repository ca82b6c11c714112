"""A small package, changed in one thing, through the interpreter."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rspcore.messages.euicc_response import PeStatusCode
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspcore.profile_reader import split
from rspsim.euicc.profile_content.interpreter.building import Building, Refused
from rspsim.euicc.profile_content.interpreter.interpret import interpret
from rspsim.personalise import personalise

PERSONALITY = personalise(make_pki()).personality
UPP = make_profile(replace(preset("PROFILE_OPERATIONAL1"), gid1=b"\xa1")).upp

Change = Callable[[bytes], bytes]


def built(upp: bytes, *without: int) -> Building:
    """Runs a package on a card that lacks some bits of UICCCapability."""
    capability = PERSONALITY.uicc_capability - set(without)
    building = Building(personality=replace(PERSONALITY, uicc_capability=capability))
    for one in split(upp):
        building = interpret(building, one)
    return building


def judged(upp: bytes, *without: int) -> tuple[str, str]:
    """Returns name and status of the element that fails, or of the last one."""
    capability = PERSONALITY.uicc_capability - set(without)
    building = Building(personality=replace(PERSONALITY, uicc_capability=capability))
    name = ""
    for one in split(upp):
        name = one.name
        try:
            building = interpret(building, one)
        except Refused as refusal:
            return name, PeStatusCode(refusal.status).name
    return name, "ok"


@pytest.fixture(name="judged")
def judged_fixture():
    return judged


@pytest.fixture(name="built")
def built_fixture():
    return built


@pytest.fixture
def upp() -> bytes:
    return UPP


def test_unchanged_package_is_accepted():
    assert judged(UPP) == ("end", "ok")
