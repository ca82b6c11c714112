"""Receipts: bounds in number and octets, which go first, and duplicates after all of that."""

from datetime import UTC, datetime
from hashlib import sha256

from rspcore.ids import Eid
from rspsim.smdpp.limits import KeptLimits, LeftOut
from rspsim.smdpp.stock.receipts import Receipt, ReceiptBook, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EID = Eid.from_digits("89049032123451234512345678901235")


def receipt(octets=b"", verdict=Verdict.ACCEPTED, signed=b""):
    return Receipt(at=NOW, kind="x", octets=octets, signed=signed, verdict=verdict, eid=EID)


def test_number_is_bounded_and_what_is_not_genuine_goes_first():
    book = ReceiptBook(KeptLimits(receipts=4))
    genuine = [receipt(bytes([number])) for number in range(3)]
    book.add(genuine[0])
    for number in range(10):
        book.add(receipt(bytes([100 + number]), Verdict.UNREADABLE))
    book.add(genuine[1])
    book.add(genuine[2])
    assert [one.octets[0] for one in book.all()] == [0, 109, 1, 2]
    for number in range(3, 8):
        book.add(receipt(bytes([number])))
    assert [one.octets[0] for one in book.all()] == [4, 5, 6, 7]


def test_octets_are_bounded():
    book = ReceiptBook(KeptLimits(receipt_octets=50_000))
    for _ in range(100):
        book.add(receipt(bytes(4000), Verdict.UNREADABLE))
        assert book.repository.octets <= 50_000
    assert len(book.all()) == 10
    book.clear()
    assert (book.all(), book.repository.octets) == ((), 0)


def test_long_notification_is_kept_as_length_digest_and_beginning():
    book = ReceiptBook(KeptLimits(whole_octets=100, first_octets=10))
    octets = bytes(range(200))
    book.add(receipt(octets, Verdict.UNREADABLE))
    (kept,) = book.all()
    assert (kept.octets, kept.left_out) == (octets[:10], LeftOut(200, sha256(octets).digest()))


def test_duplicate_is_known_after_its_receipt_is_gone():
    book = ReceiptBook(KeptLimits(receipts=1))
    book.add(receipt(signed=b"first"))
    book.add(receipt(signed=b"second"))
    book.clear()
    assert book.seen(EID, b"first")
    assert not book.seen(EID, b"third")


def test_junk_is_not_taken_for_what_came_before():
    book = ReceiptBook()
    book.add(receipt(signed=b"x", verdict=Verdict.BAD_SIGNATURE))
    assert not book.seen(EID, b"x")


def test_notifications_of_700_kb_leave_a_few_octets(lpa, server):
    for _ in range(15):
        lpa.notify(bytes(700_000))
    assert len(server.notifications) == 15
    assert server.environment.receipts.repository.octets < 100_000
    assert server.history.octets < 200_000
