"""What was read or planned before is used again, and nothing comes out otherwise for it."""

from copy import deepcopy
from dataclasses import replace

import pytest

from rspcore.errors import DecodeError
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspcore.profile_reader import ProfileElementTlv, split
from rspsim.euicc.profile_content.interpreter import interpret as interpreter
from rspsim.euicc.profile_content.interpreter import template_elements
from rspsim.euicc.profile_content.interpreter.building import Building, NewFiles, Refused
from rspsim.euicc.profile_content.model import File, FileKind
from rspsim.personalise import personalise

PERSONALITY = personalise(make_pki()).personality


def _built(upp):
    building = Building(personality=PERSONALITY)
    for one in split(upp):
        building = interpreter.interpret(building, one)
    return building


def _forgotten():
    interpreter._read.cache_clear()
    template_elements._plan_of_template.cache_clear()


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_package_that_was_read_before_makes_the_same_profile(name):
    upp = make_profile(PRESETS[name]).upp
    _forgotten()
    first = _built(upp)
    read = [(one.raw, deepcopy(interpreter._read(one.raw))) for one in split(upp)[1:-1]]
    before = interpreter._read.cache_info().hits
    assert _built(upp) == first
    assert interpreter._read.cache_info().hits >= before + len(read) - 1
    assert [interpreter._read(octets) for octets, _ in read] == [values for _, values in read]
    assert template_elements._plan_of_template.cache_info().hits


def test_element_that_cannot_be_read_is_refused_each_time_with_its_place():
    good = split(make_profile(PRESETS["PROFILE_OPERATIONAL1"]).upp)[1]
    bad = ProfileElementTlv(0xB0, "mf", good.raw[:2] + good.raw[3:], 77)
    building = Building(personality=PERSONALITY)
    said = set()
    for _ in range(2):
        with pytest.raises(DecodeError) as raised:
            interpreter._value(building, bad)
        said.add(str(raised.value))
    assert len(said) == 1
    unknown = ProfileElementTlv(0xBF7E, "unknown", bytes.fromhex("BF7E00"), 77)
    with pytest.raises(DecodeError, match="offset 77"):
        interpreter._value(building, unknown)


def test_files_of_one_element_are_held_to_each_other():
    new = NewFiles(Building(personality=PERSONALITY))
    new.add(File(path=(), kind=FileKind.MF))
    adf = File(path=(0x7F01,), kind=FileKind.ADF, aid=b"12345")
    new.add(adf)
    new.add(File(path=(0x7F01, 0x6F01), kind=FileKind.TRANSPARENT))
    for wrong in (
        adf,
        replace(adf, path=(0x7F02,)),
        File(path=(0x7F03, 0x6F01), kind=FileKind.TRANSPARENT),
        File(path=(0x7F01, 0x6F01, 0x6F02), kind=FileKind.TRANSPARENT),
    ):
        with pytest.raises(Refused):
            new.add(wrong)
    made = new.building().content.files
    assert [one.path for one in made.files] == [(), (0x7F01,), (0x7F01, 0x6F01)]
    assert made.get((0x7F01,)) is adf
