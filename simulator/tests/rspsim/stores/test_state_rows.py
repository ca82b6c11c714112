"""A state as rows: what is written again after a change, and what is refused on reading."""

from dataclasses import replace

import pytest

from rspcore.errors import StoreError
from rspsim.euicc.state import CardState, PendingNotification, Profile
from rspsim.stores.long_contents import Contents
from rspsim.stores.state_rows import NO_ROWS, Rows, join, split


def written(state: CardState, before: Rows = NO_ROWS) -> tuple[Rows, list[str], list[int]]:
    """Returns the rows of a state, and which of them differ from those of before."""
    rows, _ = split(state, before)
    fields = [
        name
        for name, row in rows.fields.items()
        if row.text != getattr(before.fields.get(name), "text", None)
    ]
    items = [
        number
        for number, row in rows.items.items()
        if row.text != getattr(before.items.get(number), "text", None)
    ]
    return rows, fields, items


def texts(rows: Rows) -> tuple[dict[str, str], dict[int, str]]:
    """Returns the texts alone, as a file keeps them."""
    return (
        {name: row.text for name, row in rows.fields.items()},
        {number: row.text for number, row in rows.items.items()},
    )


def test_profiles_and_notifications_have_rows_of_their_own(state: CardState) -> None:
    rows, _ = split(state, NO_ROWS)
    assert rows.fields["profiles"].text == "[1, 2]"
    assert rows.fields["notifications"].text == "[3, 4]"
    assert set(rows.items) == {1, 2, 3, 4}


def test_state_read_back_is_equal_with_the_same_rows(state: CardState) -> None:
    rows, contents = split(state, NO_ROWS)
    again, read_rows = join(*texts(rows), contents)
    assert again == state
    assert texts(read_rows) == texts(rows)
    assert read_rows.names == rows.names
    assert written(again, read_rows)[1:] == ([], [])


def test_nickname_rewrites_one_row_and_no_package(state: CardState) -> None:
    rows, _, _ = written(state)
    changed = state.with_profile(replace(state.profiles[1], nickname="mine"))
    new_rows, contents = split(changed, rows)
    assert written(changed, rows)[1:] == ([], [2])
    assert len(new_rows.items[2].text) < 2000
    assert new_rows.names == rows.names
    assert all(len(octets) < 12_000 for name, octets in contents.items() if name not in rows.names)


def test_removing_the_first_notification_leaves_the_other_rows(state: CardState) -> None:
    rows, _, _ = written(state)
    changed = replace(state, notifications=state.notifications[1:])
    new_rows, fields, items = written(changed, rows)
    assert (fields, items) == (["notifications"], [])
    assert new_rows.fields["notifications"].text == "[4]"
    assert 3 not in new_rows.items


def test_added_item_takes_a_new_number(
    state: CardState, next_notification: PendingNotification
) -> None:
    rows, _, _ = written(state)
    changed = replace(state, notifications=(*state.notifications, next_notification))
    new_rows, _, items = written(changed, rows)
    assert items == [5]
    assert new_rows.fields["notifications"].text == "[3, 4, 5]"


def test_replaced_item_takes_the_free_number(state: CardState, third_profile: Profile) -> None:
    rows, _, _ = written(state)
    changed = replace(state, profiles=(state.profiles[1], third_profile))
    new_rows, fields, items = written(changed, rows)
    assert (fields, items) == (["profiles"], [1])
    assert new_rows.fields["profiles"].text == "[2, 1]"
    contents = split(state, NO_ROWS)[1] | split(changed, rows)[1]
    assert join(*texts(new_rows), Contents(contents))[0] == changed


def test_same_item_twice_is_kept_twice(state: CardState) -> None:
    rows, _, _ = written(state)
    changed = replace(state, profiles=(state.profiles[0], state.profiles[0]))
    new_rows, _, _ = written(changed, rows)
    again, _ = join(*texts(new_rows), split(changed, NO_ROWS)[1])
    assert again == changed


def test_equal_new_value_keeps_its_row(state: CardState) -> None:
    rows, _, _ = written(state)
    assert written(replace(state, options=replace(state.options)), rows)[1:] == ([], [])


def test_octets_shared_by_two_rows_are_kept_while_one_needs_them(state: CardState) -> None:
    twin = replace(state.profiles[1], package=state.profiles[0].package)
    rows, _, _ = written(replace(state, profiles=(state.profiles[0], twin)))
    one_left, _, _ = written(replace(state, profiles=(twin,)), rows)
    shared = rows.items[1].names & rows.items[2].names
    assert shared
    assert shared <= one_left.names


def test_field_without_row_takes_its_default(state: CardState) -> None:
    fields, items = texts(split(state, NO_ROWS)[0])
    del fields["next_seq_number"]
    assert join(fields, items, split(state, NO_ROWS)[1])[0].next_seq_number == 1


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("eid", None, r"fields missing: \['eid'\]"),
        ("wings", "2", r"unknown: \['wings'\]"),
        ("profiles", "[1, 9]", r"profiles lists rows \[1, 9\]; missing or repeated: \[9\]"),
        ("profiles", "[1, 1]", r"profiles lists rows \[1, 1\]"),
        ("profiles", "[1]", r"rows that no field lists: \[2\]"),
        ("profiles", '["x"]', r"expected int, got str"),
        ("next_seq_number", '"x"', r"^next_seq_number: expected int, got str"),
    ],
)
def test_inconsistent_rows_are_refused(
    state: CardState, name: str, text: str | None, reason: str
) -> None:
    rows, contents = split(state, NO_ROWS)
    fields, items = texts(rows)
    fields.pop(name, None)
    if text is not None:
        fields[name] = text
    with pytest.raises(StoreError, match=reason):
        join(fields, items, contents)


def test_item_of_the_wrong_type_is_refused_with_its_number(state: CardState) -> None:
    rows, contents = split(state, NO_ROWS)
    fields, items = texts(rows)
    items[2] = items[2].replace('"aid"', '"fin"')
    with pytest.raises(StoreError, match=r"^profiles\[2\]: Profile has no fin"):
        join(fields, items, contents)
