"""The written form of values: round trips, refusals with their path, long octets stored apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any

import pytest

from rspcore.errors import StoreError
from rspcore.ids import Aid, Oid, Version
from rspcore.messages.metadata import OperatorId, StoreMetadataRequest
from rspsim.stores.coders import INLINE_LIMIT
from rspsim.stores.long_contents import Contents
from rspsim.stores.state_codec import decode, encode

# ICCID, serviceProviderName, profileName and an unknown data object that only the octets keep.
METADATA = bytes.fromhex("BF25195A0A98001032547698103214910341424392034445469F7F00")


class Kind(StrEnum):
    ONE = "one"
    TWO = "two"


class Number(IntEnum):
    NINE = 9


@dataclass(frozen=True)
class Inner:
    aid: Aid
    name: str = ""


@dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...]
    kind: Kind
    flag: bool
    count: int
    octets: bytes
    bits: frozenset[int]
    pair: tuple[int, str]
    table: Mapping[int, Inner]
    moment: datetime
    oid: Oid | None = None
    note: str | None = "not said"
    memo: int = field(default=0, init=False, compare=False)


OUTER = Outer(
    inner=(Inner(Aid.from_hex("A000000559"), "é"), Inner(Aid.from_hex("A00000055910"))),
    kind=Kind.TWO,
    flag=True,
    count=-5,
    octets=b"\x00\xff",
    bits=frozenset({3, 1}),
    pair=(1, "x"),
    table={2: Inner(Aid.from_hex("A000000559"))},
    moment=datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
    oid=Oid("2.999.10"),
    note=None,
)


def _round(kind: Any, value: Any) -> Any:
    contents = Contents()
    return decode(kind, encode(kind, value, contents).text, contents)


def test_nested_dataclass_round_trips() -> None:
    assert _round(Outer, OUTER) == OUTER


def test_derived_fields_are_not_written() -> None:
    assert "memo" not in json.loads(encode(Outer, OUTER, Contents()).text)


def test_enumeration_in_a_number_becomes_the_number() -> None:
    assert encode(int, Number.NINE, Contents()).text == "9"


def test_same_value_gives_same_text() -> None:
    assert encode(Outer, OUTER, Contents()).text == encode(Outer, OUTER, Contents()).text


def test_sets_are_written_in_order() -> None:
    kind = frozenset[int]
    texts = {encode(kind, frozenset(order), Contents()).text for order in ([8, 0], [0, 8])}
    assert len(texts) == 1


@pytest.mark.parametrize("size", [0, 1, INLINE_LIMIT])
def test_short_octets_are_part_of_the_text(size: int) -> None:
    contents = Contents()
    assert decode(bytes, encode(bytes, bytes(size), contents).text, contents) == bytes(size)
    assert not contents


def test_long_octets_are_stored_separately_and_once() -> None:
    contents = Contents()
    octets = bytes(INLINE_LIMIT + 1)
    text = encode(tuple[bytes, ...], (octets, octets), contents).text
    assert list(contents.values()) == [octets]
    assert len(text) < 200
    assert decode(tuple[bytes, ...], text, contents) == (octets, octets)


def test_long_octets_missing_are_refused() -> None:
    text = encode(bytes, bytes(1000), Contents()).text
    with pytest.raises(StoreError, match="missing"):
        decode(bytes, text, Contents())


def test_long_octets_altered_are_refused() -> None:
    contents = Contents()
    text = encode(bytes, bytes(1000), contents).text
    contents.update(dict.fromkeys(contents, b"\x01" * 1000))
    with pytest.raises(StoreError, match="altered"):
        decode(bytes, text, contents)


def test_message_keeps_the_octets_received() -> None:
    message = StoreMetadataRequest.decode(METADATA)
    again = _round(StoreMetadataRequest, message)
    assert again == message
    assert again.raw == METADATA


def test_message_made_here_is_written_as_encoded() -> None:
    made = replace(StoreMetadataRequest.decode(METADATA), profile_name="new")
    assert made.raw is None
    assert _round(StoreMetadataRequest, made) == made


def test_long_part_is_stored_separately_and_read_back() -> None:
    contents = Contents()
    long = replace(OUTER, inner=OUTER.inner * 30)
    written = encode(Outer, long, contents)
    assert len(written.text) < 600
    assert written.names == set(contents)
    assert [len(one) > 1024 for one in contents.values()] == [True]
    assert decode(Outer, written.text, contents) == long


def test_part_that_is_the_same_object_is_taken_over() -> None:
    first = encode(Outer, replace(OUTER, inner=OUTER.inner * 30), Contents())
    value = first.value
    assert isinstance(value, Outer)
    contents = Contents()
    second = encode(Outer, replace(value, note="new"), contents, first)
    assert second.parts["inner"] is first.parts["inner"]
    assert second.names == first.names
    assert decode(Outer, second.text, contents) == replace(value, note="new")


def test_same_object_is_not_written_again() -> None:
    first = encode(Outer, OUTER, Contents())
    assert encode(Outer, OUTER, Contents(), first) is first


def test_value_or_none_keeps_its_parts() -> None:
    kind = Outer | None
    assert encode(kind, None, Contents()).text == "null"
    assert encode(kind, OUTER, Contents()).text == encode(Outer, OUTER, Contents()).text
    assert _round(kind, None) is None
    assert _round(kind, OUTER) == OUTER


def test_missing_field_takes_its_default() -> None:
    contents = Contents()
    value = json.loads(encode(Outer, OUTER, contents).text)
    del value["note"]
    assert decode(Outer, json.dumps(value), contents).note == "not said"


def test_missing_field_without_default_is_refused() -> None:
    value = json.loads(encode(Outer, OUTER, Contents()).text)
    del value["count"]
    with pytest.raises(StoreError, match="count"):
        decode(Outer, json.dumps(value), Contents())


def test_unknown_field_is_refused_as_later_version() -> None:
    value = json.loads(encode(Outer, OUTER, Contents()).text) | {"wings": 2}
    with pytest.raises(StoreError, match=r"no wings: the file comes from a later version"):
        decode(Outer, json.dumps(value), Contents())


@pytest.mark.parametrize(
    ("path", "wrong", "reason"),
    [
        (("inner", "rows", 1, 0, "octets"), "zz", r"^\.inner\[1\]\.aid\.octets: expected octets"),
        (("inner", "rows", 1, 0, "octets"), "00", r"^\.inner\[1\]\.aid: Aid: AID of 1 octets"),
        (("inner", "rows", 0, 1), 5, r"^\.inner\[0\]\.name: expected str, got int"),
        (("inner", "rows", 1), ["x"], r"^\.inner\[1\]: expected 2 values, got 1"),
        (("inner", "rows"), "abc", r"^\.inner: expected a list, got str"),
        (("inner", "fields"), ["aid", "fin"], r"^\.inner\[0\]: Inner has no fin: .*later version"),
        (("inner",), "abc", r"^\.inner: expected a table, got str"),
        (("inner", "rows"), None, r"^\.inner: expected a list, got NoneType"),
        (("table", 0, 1), [], r"^\.table\[1\]: expected Inner, got list"),
        (("moment",), {"json": "0" * 64}, r"^\.moment: octets 0000000000000000\.\.\. are missing"),
        (("kind",), "three", r"^\.kind: expected a value of Kind, got 'three'"),
        (("flag",), 1, r"^\.flag: expected bool, got int"),
        (("count",), True, r"^\.count: expected int, got bool"),
        (("count",), 1.5, r"^\.count: expected int, got float"),
        (("octets",), 3, r"^\.octets: expected octets, got int"),
        (("octets",), {"sha256": 3}, r"^\.octets: expected octets, got dict"),
        (("bits",), [1, "x"], r"^\.bits: expected int, got str"),
        (("pair",), [1], r"^\.pair: expected 2 values, got 1"),
        (("pair", 1), None, r"^\.pair\[1\]: expected str, got NoneType"),
        (("moment",), "yesterday", r"^\.moment: expected a date and time"),
        (("oid", "dotted"), None, r"^\.oid\.dotted: expected str, got NoneType"),
    ],
)
def test_value_of_the_wrong_type_is_refused_with_its_path(
    path: tuple[str | int, ...], wrong: Any, reason: str
) -> None:
    value = json.loads(encode(Outer, OUTER, Contents()).text)
    place = value
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = wrong
    with pytest.raises(StoreError, match=reason):
        decode(Outer, json.dumps(value), Contents())


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "nonsense"])
def test_text_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="expected JSON"):
        decode(Outer, text, Contents())


@pytest.mark.parametrize("kind", [int | str, int | str | None, list[int], object, Any])
def test_type_the_store_cannot_write_is_refused(kind: Any) -> None:
    with pytest.raises(StoreError, match="a state cannot hold"):
        encode(kind, 1, Contents())


def test_message_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(StoreError, match="expected OperatorId"):
        decode(OperatorId, '"3000"', Contents())


def test_version_round_trips() -> None:
    assert _round(Version, Version.from_text("2.5.0")) == Version.from_text("2.5.0")
