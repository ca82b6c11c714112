"""`replace` of frozen values: as the one of the standard library, with every check."""

import copy
import dataclasses
from dataclasses import InitVar, dataclass, field

import pytest

from rspcore.frozen import dataclass as slotted
from rspcore.frozen import derived, maker, replace
from rspcore.pki.generate import make_pki
from rspsim.euicc.state import CardState, Volatile
from rspsim.personalise import personalise


@dataclass(frozen=True, slots=True)
class Plain:
    a: int
    b: str = "b"


@dataclass(frozen=True, slots=True)
class Longer(Plain):
    c: bytes = b""


@dataclass(frozen=True, slots=True)
class Checked:
    a: int

    def __post_init__(self):
        if self.a < 0:
            raise ValueError("a is negative")


@dataclass(frozen=True, slots=True)
class Derived:
    a: int
    twice: int = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "twice", 2 * self.a)


@dataclass(frozen=True)
class WithoutSlots:
    a: int
    b: int = 7


@dataclass(slots=True)
class Seeded:
    seed: InitVar[int]
    a: int = 0

    def __post_init__(self, seed):
        self.a += seed


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (Plain(1), {}),
        (Plain(1), {"b": "c"}),
        (Longer(1, "x", b"y"), {"a": 2, "c": b"z"}),
        (Checked(1), {"a": 2}),
        (Derived(1), {"a": 5}),
        (WithoutSlots(1), {"b": 8}),
        (Seeded(1), {"seed": 3}),
    ],
)
def test_value_is_that_of_the_standard_library(value, changes):
    made = replace(value, **changes)
    assert made == dataclasses.replace(value, **changes)
    assert made.__class__ is value.__class__
    assert made is not value


def test_old_value_stays_and_the_new_one_is_frozen():
    old = Plain(1)
    new = replace(old, a=2)
    assert old == Plain(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        new.a = 3


@pytest.mark.parametrize("value", [Plain(1), WithoutSlots(1)])
def test_unknown_field_is_refused(value):
    with pytest.raises(TypeError, match="nothing"):
        replace(value, nothing=1)


def test_checks_of_a_value_are_made_again():
    with pytest.raises(ValueError, match="negative"):
        replace(Checked(1), a=-1)


def test_state_of_a_card_takes_no_detour(monkeypatch):
    def detour(*_value, **_changes):
        raise AssertionError

    monkeypatch.setattr("dataclasses.replace", detour)
    state = personalise(make_pki())
    assert replace(state, next_seq_number=9).next_seq_number == 9
    assert isinstance(state, CardState)
    assert replace(Volatile()) == Volatile()


@slotted(frozen=True, slots=True)
class Measured:
    width: int
    asked: list[int] = field(default_factory=list, compare=False, repr=False)

    @derived
    def area(self) -> int:
        """Returns the area of a square, and notes that it was asked for."""
        self.asked.append(self.width)
        return self.width**2


def test_derived_value_is_made_once_and_is_no_field():
    one = Measured(3)
    assert (one.area, one.area, one.asked) == (9, 9, [3])
    assert one == Measured(3)
    assert "area" not in repr(one)
    assert [each.name for each in dataclasses.fields(one)] == ["width", "asked"]


@pytest.mark.parametrize("changed", [replace, dataclasses.replace], ids=["own", "library"])
def test_derived_value_does_not_go_along_to_a_changed_one(changed):
    one = Measured(3)
    assert one.area == 9
    assert changed(one, width=4).area == 16
    assert one.area == 9


def test_derived_value_does_not_go_along_to_copies():
    one = Measured(3)
    assert one.area == 9
    for other in (copy.copy(one), copy.deepcopy(one)):
        other.asked.clear()
        assert (other.area, other.asked) == (9, [3])


def test_derived_value_cannot_be_set_and_other_names_stay_unknown():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Measured(3).area = 4
    with pytest.raises(AttributeError, match="'Measured' object has no attribute 'volume'"):
        _ = Measured(3).volume


def test_made_of_all_fields_by_place():
    values = [getattr(Volatile(), one.name) for one in dataclasses.fields(Volatile)]
    assert maker(Volatile)(*values) == maker(Volatile)() == Volatile()
    with pytest.raises(TypeError, match="nothing to do after"):
        maker(Checked)
