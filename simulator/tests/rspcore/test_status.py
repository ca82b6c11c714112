import pytest

from rspcore.status import StatusWord, describe, is_success, more_data, proactive_pending


@pytest.mark.parametrize("word", list(StatusWord), ids=lambda word: word.name)
def test_every_member_is_described_with_number_and_name(word):
    text = describe(word)

    assert text.startswith(f"{word:04X} (")
    assert text.casefold() == f"{word:04x} ({word.name.replace('_', ' ').casefold()})"


@pytest.mark.parametrize(
    ("sw", "text"),
    [
        (0x9000, "9000 (OK)"),
        (0x61FF, "61FF (255 octets waiting)"),
        (0x6100, "6100 (256 octets or more waiting)"),
        (0x9110, "9110 (OK, proactive command of 16 octets pending)"),
        (0x9100, "9100 (OK, proactive command of 256 octets pending)"),
        (0x6C10, "6C10 (wrong Le, 16 octets available)"),
        (0x6C00, "6C00 (wrong Le, 256 octets available)"),
        (0x63C2, "63C2 (2 tries left)"),
        (0x6F42, "6F42 (no name known)"),
    ],
)
def test_families_are_described_with_their_number(sw, text):
    assert describe(sw) == text


@pytest.mark.parametrize(
    ("sw", "success"), [(0x9000, True), (0x910B, True), (0x6110, False), (0x9001, False)]
)
def test_success_is_9000_or_91xx(sw, success):
    assert is_success(sw) is success


@pytest.mark.parametrize(
    ("sw", "waiting", "pending"),
    [
        (0x6110, 16, None),
        (0x6100, 256, None),
        (0x910B, None, 11),
        (0x9100, None, 256),
        (0x9000, None, None),
    ],
)
def test_lengths_in_status_words(sw, waiting, pending):
    assert more_data(sw) == waiting
    assert proactive_pending(sw) == pending
