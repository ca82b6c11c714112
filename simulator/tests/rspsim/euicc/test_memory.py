"""How much memory is free, at both ends."""

from dataclasses import replace

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import make_pki
from rspsim.euicc.memory import FREE, ISDP_SIZE, profile_size
from rspsim.euicc.state import CrlPart
from rspsim.personalise import personalise

STATE = personalise(make_pki(curves=(Curve.NIST_P256,)))
SIZE = STATE.personality.nvm_size


@pytest.mark.parametrize(
    ("used", "free"), [(0, SIZE), (1, SIZE - 1), (SIZE - 1, 1), (SIZE, 0), (SIZE + 1, 0)]
)
def test_free_memory_is_what_is_left_and_never_negative(used, free):
    part = CrlPart(ci_pkid=b"", number=1, part=1, parts=1, octets=bytes(used))
    assert FREE.standard(replace(STATE, crls=(part,))) == free


def test_profile_takes_its_isdp_too():
    assert profile_size(100, 20) == ISDP_SIZE + 120
