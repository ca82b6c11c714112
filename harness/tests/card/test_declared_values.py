import pytest

from rspcore.ids import Version
from rspcore.messages.metadata import PprId
from rspharness.card.capabilities import read_capabilities
from rspharness.card.card_under_test import Card
from rspharness.card.declared_values import agrees, bit_names
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError
from rspharness.run.run import Run, RunOptions


def test_bits_have_names_and_others_numbers():
    assert bit_names({9, 2, 1}, PprId) == "ppr1 ppr2 9"
    assert bit_names(None, PprId) == ""


def test_declared_value_has_to_agree():
    declared = {"rsp_version": "2.5.0", "globalplatform_version": "absent"}
    agrees(declared, "rsp_version", Version.from_text("2.5.0"))
    agrees(declared, "globalplatform_version", None)
    with pytest.raises(ExpectationError, match="rsp_version as declared"):
        agrees(declared, "rsp_version", Version.from_text("2.4.0"))
    with pytest.raises(ExpectationError, match="absent"):
        agrees(declared, "globalplatform_version", Version.from_text("2.3.0"))


def test_value_that_is_not_declared_is_not_compared():
    agrees({}, "rsp_version", None)


@pytest.mark.parametrize("personality", ["v2.2.2", "v2.6"])
def test_declared_options_of_a_simulated_card_are_those_it_reports(personality):
    run = Run(RunOptions(personality=personality))
    card = run.open_card(Trace(), Timings())
    assert isinstance(card, Card)
    declared = run.target.settings.options
    assert read_capabilities(card, declared, {}).contradictions == ()
    assert {"RAT_PPR1", "O_E_LPAe"} <= set(declared)
    assert run.target.settings.values["rsp_version"].startswith(personality[1:])
