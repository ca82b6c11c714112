"""Sixty more mistakes of a second hand; the list is in `harness/second_hand`."""
