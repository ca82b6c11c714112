"""What a run knows of a card in a reader before its cases: CIs in common, unknown options."""

from dataclasses import replace

import pytest

from rspcore.crypto.curves import Curve
from rspcore.messages.es10b import GetRatRequest
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki
from rspharness.record.catalogue import Catalogue
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable
from rspharness.run.applicability import doubts, excuses, require_trust
from rspharness.run.run import Run, RunOptions
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.suite.initial_conditions import Conditions

BRP = Curve.BRAINPOOL_P256R1
FOREIGN = make_pki(b"other lab")
NIST_ONLY = Pki(tuple(one for one in make_pki().credentials if one.certificate.curve is not BRP))


def kept(pki=None, *, declared=None, **options):
    """Returns the run on a card that counts as one in a reader, with its own credentials."""

    class Kept(InProcessTarget):
        simulated = False

        def __init__(self, asked):
            super().__init__(asked if pki is None else replace(asked, pki=pki))
            self.settings = replace(asked.settings, options=declared or {})

    return Run(RunOptions(**options), Kept)


@pytest.fixture(scope="module")
def rows(request):
    path = request.config.rootpath / "fixtures" / "requirements" / "euicc.csv"
    return Catalogue.load(path)


def test_card_with_the_ci_of_the_run_is_trusted():
    run = kept()
    require_trust(run)
    require_trust(run, BRP)


def test_card_of_another_ci_is_not_applicable_with_both_lists_named():
    own = make_pki().ci(Curve.NIST_P256).certificate.subject_key_identifier[:4].hex().upper()
    its = FOREIGN.ci(Curve.NIST_P256).certificate.subject_key_identifier[:4].hex().upper()
    with pytest.raises(NotApplicable, match=rf"none of the card's CIs .*{its}\.\.\..*{own}\.\.\."):
        require_trust(kept(FOREIGN))


def test_simulated_card_is_not_asked():
    run = Run(RunOptions(), lambda asked: InProcessTarget(replace(asked, pki=FOREIGN)))
    require_trust(run)
    assert run.facts == {}


def test_card_with_one_curve_lacks_only_the_other():
    run = kept(NIST_ONLY)
    require_trust(run)
    with pytest.raises(NotApplicable, match=r"no CI of the run on brainpoolP256r1"):
        require_trust(run, BRP)
    with pytest.raises(NotApplicable, match=r"; --curve nistP256 has one"):
        require_trust(kept(NIST_ONLY, curve=BRP))


def test_row_of_a_curve_is_excused_by_the_same_reason(rows):
    row = next(one for one in rows if str(one.condition) == "O_E_BRP")
    (reason,) = excuses(kept(FOREIGN), (row,)).values()
    assert reason.startswith("none of the card's CIs")
    (reason,) = excuses(kept(NIST_ONLY), (row,)).values()
    assert reason.startswith("no CI of the run on brainpoolP256r1")


def test_profile_is_not_installed_without_trust():
    run = kept(FOREIGN, level="profiles")
    trace = Trace()
    card = run.open_card(trace, Timings())
    given = Conditions(card, None, run, None)
    sent = list(trace.lines)
    with pytest.raises(NotApplicable):
        given.profiles("PROFILE_OPERATIONAL1")
    assert trace.lines == sent


def test_undeclared_option_is_neither_yes_nor_no(rows):
    asked = (rows["ES10b.PrepareDownload#08"], rows["ES10b.PrepareDownload#10"])
    assert excuses(kept(), asked) == {}
    assert set(doubts(kept(), asked).values()) == {"O_E_REUSE_OTPK"}
    for value, excused in ((True, asked[1]), (False, asked[0])):
        run = kept(declared={"O_E_REUSE_OTPK": value})
        assert doubts(run, asked) == {}
        assert set(excuses(run, asked)) == {excused.id}


def test_simulated_card_declares_every_option(rows):
    run = Run(RunOptions())
    assert doubts(run, tuple(rows)) == {}
    assert run.capabilities.unknown == {}


def test_rat_that_cannot_be_read_leaves_only_its_options_unknown(rows, monkeypatch):
    run = kept()
    monkeypatch.setattr(GetRatRequest, "encode", lambda _self: bytes.fromhex("BF7F00"))
    read = run.capabilities
    assert read.options["O_E_NIST"] is True
    assert "GetRAT" in read.unknown["RAT_PPR1"]
    assert "RAT_PPR1" not in read.options
