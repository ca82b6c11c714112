"""Service tables after an installation: no bit of a service the card does not have."""

from dataclasses import replace

import pytest

from rspcore.messages.euicc_info import UiccCapability
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspcore.profile_reader import split
from rspsim.euicc.profile_content.interpreter.building import Building
from rspsim.euicc.profile_content.interpreter.interpret import interpret
from rspsim.personalise import personalise

USIM = 0x7FD0
LOADED = frozenset({27, 68, 69, 76, 124, 125})
NEEDS = {
    68: UiccCapability.gbaAuthenUsim,
    69: UiccCapability.mbmsAuthenUsim,
    76: UiccCapability.gbaAuthenUsim,
    125: UiccCapability.getIdentity,
}


def services(capabilities):
    """Returns the services of EF.UST on a card with these capabilities of those in question."""
    kind = personalise(make_pki()).personality
    claimed = kind.uicc_capability - set(NEEDS.values()) | capabilities
    building = Building(personality=replace(kind, uicc_capability=frozenset(claimed)))
    upp = make_profile(replace(preset("PROFILE_OPERATIONAL1"), services=LOADED)).upp
    for element in split(upp):
        building = interpret(building, element)
    body = building.content.files.get((USIM, 0x6F38)).body
    return {n for n in range(1, 8 * len(body) + 1) if body[(n - 1) // 8] >> (n - 1) % 8 & 1}


@pytest.mark.parametrize(
    "capabilities",
    [
        set(),
        {UiccCapability.gbaAuthenUsim},
        {UiccCapability.mbmsAuthenUsim},
        {UiccCapability.getIdentity},
        set(NEEDS.values()),
    ],
)
def test_only_services_the_card_lacks_are_cleared(capabilities):
    kept = {n for n in LOADED if n not in NEEDS or NEEDS[n] in capabilities}
    assert services(capabilities) == {10, 12, 19, 33, 85} | kept
