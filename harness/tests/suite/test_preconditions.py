"""Services that a Profile needs and the card does not claim."""

from dataclasses import replace

import pytest

from rspcore.messages.es10b import GetEuiccInfo2Request
from rspcore.messages.euicc_info import UiccCapability
from rspcore.profile_maker import make_profile, preset
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable
from rspharness.run.run import Run, RunOptions
from rspharness.suite.preconditions import require_services

pytestmark = pytest.mark.once
USUAL = make_profile(preset("PROFILE_OPERATIONAL1"))
WITH_MENU = make_profile(replace(preset("PROFILE_OPERATIONAL1"), menu=(("Info", "show:"),)))


@pytest.fixture
def info():
    card = Run(RunOptions()).open_card(Trace(), Timings())
    return card.send(GetEuiccInfo2Request())


def without(info, *bits):
    return replace(info, uicc_capability=info.uicc_capability - set(bits))


def test_card_that_claims_every_service_is_taken(info):
    require_services(info, (USUAL, WITH_MENU))


def test_service_that_is_not_claimed_is_named(info):
    poorer = without(info, UiccCapability.javacard, UiccCapability.berTlvFileSupport)
    require_services(poorer, (USUAL,))
    with pytest.raises(NotApplicable, match=r"needs javacard, which uiccCapability"):
        require_services(poorer, (USUAL, WITH_MENU))


def test_card_whose_information_cannot_be_read_is_taken():
    require_services(None, (WITH_MENU,))


def test_package_without_a_header_asks_for_nothing(info):
    broken = replace(USUAL, upp=b"\xa0\x05")
    require_services(without(info, *UiccCapability), (broken,))
