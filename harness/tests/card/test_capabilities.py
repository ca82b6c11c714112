from dataclasses import replace

import pytest

from rspcore.ids import MccMnc
from rspcore.messages.metadata import OperatorId, PprId, ProfilePolicyAuthorisationRule
from rspharness.card.capabilities import DECLARED_ONLY, read_capabilities
from rspharness.card.card_under_test import Card
from rspharness.record.catalogue import Catalogue
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.run import Run, RunOptions

ANY = OperatorId(mcc_mnc=MccMnc(b"\xee\xee\xee"), gid1=b"", gid2=b"")
ONE = OperatorId(mcc_mnc=MccMnc.from_digits("001", "01"), gid1=b"\x01")


def _rule(operator, *pprs):
    return ProfilePolicyAuthorisationRule(
        ppr_ids=frozenset(pprs), allowed_operators=(operator,), ppr_flags=frozenset()
    )


@pytest.fixture
def card():
    return Run(RunOptions()).open_card(Trace(), Timings())


class _Answering(Card):
    """A card that answers GetRAT with other rules than it has."""

    rules = ()

    def send(self, request):
        response = super().send(request)
        return replace(response, rat=self.rules) if hasattr(response, "rat") else response


@pytest.mark.parametrize(
    ("rules", "held"),
    [
        ((), {"RAT_NO_PPR"}),
        (
            (_rule(ANY, PprId.ppr1, PprId.ppr2),),
            {"RAT_PPR1", "RAT_PPR2", "RAT_WILDCARD", "RAT_GID_ANY"},
        ),
        ((_rule(ONE, PprId.ppr1),), {"RAT_PPR1", "RAT_OPERATOR", "RAT_GID"}),
        (
            (_rule(replace(ONE, gid1=None), PprId.ppr1), _rule(ONE, PprId.ppr2)),
            {"RAT_PPR1", "RAT_PPR2", "RAT_OPERATOR", "RAT_GID", "RAT_NO_GID", "RAT_SPLIT"},
        ),
    ],
)
def test_rules_of_the_rat_are_distinguished(card, rules, held):
    answering = _Answering(card.link)
    answering.rules = rules
    read = read_capabilities(answering, {}, {}).options
    assert {name for name, value in read.items() if name.startswith("RAT_") and value} == held


def test_declared_value_wins_and_a_contradiction_is_reported(card):
    read = read_capabilities(card, {"JAVACARD": True, "CATBUSY": True}, {})
    assert read.options["JAVACARD"] is True
    assert read.options["CATBUSY"] is True
    plain = read_capabilities(card, {}, {})
    if not plain.options["JAVACARD"]:
        assert read.contradictions == ("JAVACARD: declared True, the card says False",)


def test_curve_needs_the_ci_of_the_run_on_both_lists(card):
    run = Run(RunOptions())
    keys = {
        "O_E_NIST": run.pki.ci(run.pki.curves[0]).certificate.subject_key_identifier,
        "O_E_FRP": bytes(20),
    }
    read = read_capabilities(card, {}, keys).options
    assert read["O_E_NIST"] is True
    assert read["O_E_FRP"] is False


def test_every_option_of_the_catalogue_for_v2_is_read_or_declared(card, request):
    path = request.config.rootpath / "fixtures" / "requirements" / "euicc.csv"
    named = set()
    for row in Catalogue.load(path):
        if row.applies_to("v2"):
            named |= row.condition.names
    read = set(
        read_capabilities(card, {}, {"O_E_NIST": b"", "O_E_BRP": b"", "O_E_FRP": b""}).options
    )
    assert named <= read | DECLARED_ONLY


def test_only_reading_commands_are_sent(card):
    run = Run(RunOptions(level="read-only"))
    trace = Trace()
    opened = run.open_card(trace, Timings())
    read_capabilities(opened, {}, {})
    sent = [line for line in trace.lines if line.startswith("> 81 E2")]
    assert {line[17:22] for line in sent} == {"BF 22", "BF 3E", "BF 43"}
