"""Text from outside: what is escaped, what stays, and that nothing else is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rspcore.printable_text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße 東京 '\\x'", "Grüße 東京 '\\x'"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("a\r\nb\tc\x00", r"a\r\nb\tc\x00"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\ud800", r"\ud800"),
        ("\x9b31m", r"\x9b31m"),
        ("\u2028\u00a0", r"\u2028\xa0"),
    ],
)
def test_what_is_not_visible_is_escaped(text, shown):
    assert printable(text) == shown


@given(st.text(st.characters(), max_size=50))
def test_result_is_one_line_that_every_terminal_shows_and_every_file_takes(text):
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode().decode() == shown


def test_long_text_is_cut():
    assert printable("abcdef", 3) == "abc..."
    assert printable("abc", 3) == "abc"
