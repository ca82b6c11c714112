"""Cards and orders are handed out once, kept for the next run, and taken back."""

import sqlite3
from contextlib import closing

import pytest

from rspcore.errors import ConfigError, LocalError
from rspcore.messages.es10b import GetEuiccChallengeRequest
from rspcore.pki.generate import make_pki
from rspharness.fleet.course import Lost, Shares, course_of, read_shares
from rspharness.fleet.desk import Desk, Visit
from rspharness.fleet.orders import CodeFile
from rspharness.fleet.phone import Offer
from rspharness.fleet.reckoning import Given, Outcome
from rspharness.fleet.shelf import CardShelf, eid_of
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.simulated.kept_in_process import OneCardLink


@pytest.fixture
def shelf(tmp_path):
    with CardShelf(tmp_path / "fleet.db", make_pki(), "1") as made:
        yield made


class Prepared:
    """Orders that are there from the start."""

    def __init__(self, count, waiting=()):
        self._left = [Offer(code=f"LPA:1$localhost$M-{number}") for number in range(count)]
        self._waiting = waiting

    def waiting(self):
        return self._waiting

    def new(self, count):
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def states(self):
        return None

    def heard(self):
        return None


def ended(visit, left=0):
    eid = str(eid_of("1", visit.number))
    done = visit.offers[: len(visit.offers) - left]
    ids = (one.code.rpartition("$")[2] for one in done)
    given = [Given(matching_id=one, eid=eid, outcome=Outcome.REJECTED).message for one in ids]
    rest = [{"code": one.code, "confirmation": ""} for one in visit.offers[len(done) :]]
    return {"number": visit.number, "given": given, "left": rest, "card": None}


def test_each_order_and_each_card_is_with_one_phone(shelf):
    desk = Desk(Prepared(5), shelf, cards=2, visit=2)
    one, other = desk.give("w", "S"), desk.give("w", "S")
    assert {one.number, other.number} == {0, 1}
    assert len({offer.code for offer in (*one.offers, *other.offers)}) == 4
    assert desk.give("w", "S") is None  # all cards are out
    assert not desk.over
    desk.take("w", ended(one))
    last = desk.give("w", "S")
    assert (last.number, len(last.offers)) == (one.number, 1)
    desk.take("w", ended(other))
    assert desk.give("w", "S") is None
    assert not desk.over  # the last one is still out
    desk.take("w", ended(last))
    assert desk.over
    assert desk.reckoning().clean


def test_orders_of_a_lost_worker_are_stuck(shelf):
    desk = Desk(Prepared(1), shelf, cards=2, visit=2)
    desk.give("gone", "S")
    assert desk.workers == {"gone"}
    desk.lose("gone")
    assert desk.give("w", "S") is None
    assert desk.over
    (line,) = desk.reckoning().stuck
    assert "M-0" in line


def test_order_that_was_not_begun_is_given_again(shelf):
    desk = Desk(Prepared(2), shelf, cards=2, visit=2)
    visit = desk.give("w", "S")
    desk.take("w", ended(visit, left=1))
    assert desk.reckoning().clean
    again = desk.give("w", "S")
    assert again.offers == visit.offers[1:]
    assert len(desk.reckoning().stuck) == 1


def test_fleets_of_other_seeds_have_other_cards():
    assert len({str(eid_of(seed, number)) for seed in "12" for number in range(3)}) == 6


def test_card_goes_back_to_its_shelf_alone_in_a_later_run_too(shelf):
    desk = Desk(Prepared(1), shelf, cards=1, visit=1)
    visit = desk.give("w", "S")
    desk.take("w", ended(visit))
    later = Desk(Prepared(1), shelf, cards=1, visit=1)
    assert later.give("w", "OTHER") is None
    assert later.give("w", "S") is not None


def test_card_of_a_phone_that_died_is_read_again_in_the_next_run(shelf):
    dead = Desk(Prepared(1), shelf, cards=3, visit=1)
    number = dead.give("gone", "S").number
    later = Desk(Prepared(0), shelf, cards=3, visit=1)
    visit = later.give("w", "S")
    assert (visit.number, visit.offers) == (number, [])
    later.take("w", ended(visit))
    assert later.give("w", "S") is None
    assert later.over


def test_bound_order_of_an_earlier_run_goes_to_its_card_first(shelf):
    offer = Offer(code="LPA:1$localhost$OLD")
    desk = Desk(Prepared(3, [(str(eid_of("1", 2)), offer)]), shelf, cards=4, visit=1)
    visit = desk.give("w", "S")
    assert (visit.number, visit.offers) == (2, [offer])
    assert Visit.of(visit.message()) == visit


def test_card_is_kept_with_what_was_done_to_it(shelf, tmp_path):
    card = shelf.take(7)
    first = card.state
    assert str(first.eid) == str(eid_of("1", 7))
    with CardShelf(tmp_path / "fleet.db", make_pki(), "1") as again:
        assert again.take(7).state == first
        again.note(7, "deleted", "891")
    assert shelf.noted(7, "deleted") == ("891",)


def test_card_draws_other_octets_each_time_it_is_taken(shelf):
    challenges = set()
    for _ in range(3):
        with IsdrChannel(OneCardLink(shelf.take(1))) as channel:
            challenges.add(channel.send(GetEuiccChallengeRequest()).euicc_challenge)
    assert len(challenges) == 3


def test_file_of_another_program_is_refused_and_left(tmp_path):
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE mine (x)")
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="another program"):
        CardShelf(file, make_pki(), "1")
    assert file.read_bytes() == before


def test_codes_are_read_with_their_confirmation_and_those_that_are_over_left_out(tmp_path):
    file = tmp_path / "codes"
    file.write_text("# mine\nLPA:1$localhost$A\n\nLPA:1$localhost$B$$1 1234\n", encoding="utf-8")
    orders = CodeFile(file, {"A"})
    assert orders.new(5) == [Offer(code="LPA:1$localhost$B$$1", confirmation="1234")]
    assert orders.new(5) == []
    file.write_text("LPA:1$localhost$A\nnonsense\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        CodeFile(file, ())


def test_course_follows_from_seed_and_order_and_keeps_to_the_shares():
    shares = read_shares(["lose=50%", "late=10%", "wrong-code=100%"])
    assert shares == Shares(lose=0.5, late=0.1, wrong_code=1.0)
    courses = [course_of("1", f"M-{number}", shares) for number in range(2000)]
    assert courses == [course_of("1", f"M-{number}", shares) for number in range(2000)]
    assert 900 < sum(one.lost is not None for one in courses) < 1100
    assert 150 < sum(one.late for one in courses) < 250
    assert all(one.wrong_code for one in courses)
    assert not any(one.reject or one.delete for one in courses)
    assert {one.lost[1] for one in courses if one.lost} == set(Lost)


@pytest.mark.parametrize("word", ["lose", "lost=5%", "lose=5", "lose=101%", "lose=-1%", "lose=x%"])
def test_share_of_another_form_is_refused(word):
    with pytest.raises(LocalError, match="--share"):
        read_shares([word])
