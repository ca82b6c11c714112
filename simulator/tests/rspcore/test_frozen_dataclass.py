"""`dataclass` of frozen values: held against that of the standard library, on the same class."""

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, InitVar, field
from typing import ClassVar, Generic, TypeVar

import pytest

from rspcore import frozen

Item = TypeVar("Item")
MAKERS = (dataclasses.dataclass, frozen.dataclass)


def classes(dataclass):
    """Returns the same classes, made by one of the two."""

    @dataclass(frozen=True, slots=True)
    class Place:
        row: int
        column: int = 0
        KIND: ClassVar[int] = 7

        @property
        def both(self):
            return self.row, self.column

    @dataclass(frozen=True, slots=True, order=True)
    class Longer(Place):
        names: list = field(default_factory=list, compare=False)
        hidden: str = field(default="h", repr=False)
        row: int = 5

        @property
        def both(self):
            return self.row, self.column, self.names

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Derived(Place):
        needed: bytes
        twice: int = field(init=False)
        fixed: int = field(default=3, init=False)

        def __post_init__(self):
            object.__setattr__(self, "twice", 2 * self.row)

        def __repr__(self):
            return "derived"

    @dataclass(frozen=True, slots=True)
    class Other(Generic[Item]):
        row: Item
        column: int = 0

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    return Place, Longer, Derived, Other, Empty


def values(made):
    place, longer, derived, other, empty = made
    return (
        place(1),
        place(1, column=2),
        place(1),
        longer(1),
        longer(1, 2, ["n"], "x"),
        longer(1, 3),
        derived(4, needed=b"n"),
        derived(4, column=1, needed=b"n"),
        other(1),
        empty(),
        empty(),
    )


@pytest.fixture(params=range(11))
def pair(request):
    return tuple(values(classes(one))[request.param] for one in MAKERS)


def test_values_show_what_those_of_the_library_show(pair):
    theirs, ours = pair
    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert dataclasses.is_dataclass(ours)
    assert [one.name for one in dataclasses.fields(ours)] == [
        one.name for one in dataclasses.fields(theirs)
    ]
    assert type(ours).__match_args__ == type(theirs).__match_args__
    assert type(ours).__slots__ == type(theirs).__slots__
    assert not hasattr(ours, "__dict__")
    assert str(inspect.signature(type(ours))) == str(inspect.signature(type(theirs)))


def test_values_are_equal_and_hash_where_those_of_the_library_do():
    theirs, ours = (values(classes(one)) for one in MAKERS)
    assert [[a == b for a in ours] for b in ours] == [[a == b for a in theirs] for b in theirs]
    assert [hash(one) for one in ours] == [hash(one) for one in theirs]


def test_values_are_ordered_as_those_of_the_library():
    theirs, ours = ([one for one in values(classes(m)) if hasattr(one, "names")] for m in MAKERS)
    assert [repr(one) for one in sorted(ours)] == [repr(one) for one in sorted(theirs)]
    assert ours[0] <= ours[0]
    with pytest.raises(TypeError):
        _ = ours[0] < values(classes(frozen.dataclass))[0]


def test_nothing_can_be_set_or_deleted(pair):
    _, ours = pair
    for name in ("row", "other"):
        with pytest.raises(FrozenInstanceError):
            setattr(ours, name, 1)
        with pytest.raises(FrozenInstanceError):
            delattr(ours, name)


@frozen.dataclass(frozen=True, slots=True)
class Kept:
    """A value with a name that pickle finds."""

    row: int
    inner: "Kept | None" = None


def test_values_can_be_copied_and_pickled():
    value = Kept(1, Kept(2))
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):  # noqa: S301  our own
        assert again == value
    assert dataclasses.replace(value, row=3) == frozen.replace(value, row=3) == Kept(3, Kept(2))
    match value:
        case Kept(row, Kept(inner)):
            assert (row, inner) == (1, 2)


def test_super_without_arguments_means_the_class_with_slots():
    @frozen.dataclass(frozen=True, slots=True)
    class Above:
        row: int

        def twice(self):
            return 2 * self.row

        @classmethod
        def of(cls, row):
            return cls(row)

        @property
        def half(self):
            return self.row / 2

    @frozen.dataclass(frozen=True, slots=True)
    class Below(Above):
        def twice(self):
            return super().twice() + 1

        @classmethod
        def of(cls, row):
            return super().of(row + 1)

        @property
        def half(self):
            return super().half + 1

    assert (Below(2).twice(), Below.of(2), Below(2).half) == (5, Below(3), 2)


def test_the_two_kinds_stand_on_each_other():
    ours = classes(frozen.dataclass)[0]
    theirs = classes(dataclasses.dataclass)[0]

    @dataclasses.dataclass(frozen=True, slots=True)
    class OnOurs(ours):
        more: int = 1

    @frozen.dataclass(frozen=True, slots=True)
    class OnTheirs(theirs):
        more: int = 1

    for kind in (OnOurs, OnTheirs):
        assert dataclasses.astuple(kind(4, 5)) == (4, 5, 1)
        assert kind(4) == kind(4) != kind(5)
        with pytest.raises(FrozenInstanceError):
            kind(4).row = 5


def test_a_subclass_that_is_no_dataclass_takes_the_methods():
    class Plain(classes(frozen.dataclass)[0]):
        pass

    assert Plain(1) == Plain(1)
    assert Plain(1) != classes(frozen.dataclass)[0](1)
    assert repr(Plain(1)).endswith("Plain(row=1, column=0)")


def test_what_is_not_frozen_or_has_an_initvar_is_the_library_s():
    @frozen.dataclass
    class Changing:
        row: int = 1

    @frozen.dataclass(frozen=True, slots=True)
    class Seeded:
        seed: InitVar[int]
        row: int = 0

        def __post_init__(self, seed):
            object.__setattr__(self, "row", seed)

    @frozen.dataclass(frozen=True, slots=True, eq=False)
    class Itself:
        row: int

    one = Changing()
    one.row = 2
    assert (one, Seeded(3).row) == (Changing(2), 3)
    assert Itself(1) != Itself(1)


def test_a_method_is_compiled_when_it_is_first_asked_for():
    made = classes(frozen.dataclass)[0]
    assert not inspect.isfunction(vars(made)["__eq__"])
    assert made(1) == made(1)
    assert inspect.isfunction(vars(made)["__eq__"])
    assert not inspect.isfunction(vars(made)["__repr__"])


def test_wrong_arguments_are_refused_as_by_the_library():
    for made in map(classes, MAKERS):
        for kind, given in ((made[0], ()), (made[1], (1, 2, 3, 4, 5)), (made[2], (1, b"n"))):
            with pytest.raises(TypeError):
                kind(*given)


@pytest.mark.parametrize("default", [[], field(default={})])
def test_mutable_default_is_refused_as_by_the_library(default):
    for maker in MAKERS:
        with pytest.raises(ValueError, match="mutable default"):
            maker(frozen=True, slots=True)(
                type("Mutable", (), {"__annotations__": {"one": list}, "one": default})
            )


def test_annotations_in_words_and_keyword_markers_are_left_to_the_library():
    @frozen.dataclass(frozen=True, slots=True)
    class Spelt:
        row: "int"
        KIND: "ClassVar[int]" = 7
        _: dataclasses.KW_ONLY
        column: int = 0

    assert [one.name for one in dataclasses.fields(Spelt)] == ["row", "column"]
    assert repr(Spelt(1, column=2)).endswith("Spelt(row=1, column=2)")
    with pytest.raises(TypeError):
        Spelt(1, 2)


def many(dataclass):
    @dataclass(frozen=True, slots=True)
    class Many:
        row: int
        column: int = 0
        names: list = field(default_factory=list)
        fixed: int = field(default=3, init=False)

    return Many


def test_subclass_that_is_no_dataclass_is_filled_as_well():
    base = many(frozen.dataclass)

    class Slotted(base):
        __slots__ = ("more",)

    class Open(base):
        pass

    for kind in (Slotted, Open):
        one = kind(1, names=["n"])
        assert (one.row, one.column, one.names, one.fixed) == (1, 0, ["n"], 3)
        assert type(one) is kind
        with pytest.raises(FrozenInstanceError):
            one.row = 2


def test_value_is_of_its_class_and_frozen_however_it_was_made():
    kind = many(frozen.dataclass)
    filled = frozen.filler(kind)({"row": 1, "column": 2, "names": ["n"], "fixed": 4})
    changed = frozen.changer(kind, "fixed", "row")(filled, 5, 6)
    assert (changed.row, changed.column, changed.names, changed.fixed) == (6, 2, ["n"], 5)
    assert filled.row == 1
    for one in (kind(1), filled, changed):
        assert type(one) is kind
        assert pickle.loads(pickle.dumps(Picklable(1, 2, 3))) == Picklable(1, 2, 3)  # noqa: S301
        for name in ("row", "__class__"):
            with pytest.raises(FrozenInstanceError):
                setattr(one, name, 1)


@frozen.dataclass(frozen=True, slots=True)
class Picklable:
    row: int
    column: int
    depth: int


def test_changer_refuses_what_cannot_be_changed_so():
    kind = many(frozen.dataclass)
    with pytest.raises(TypeError, match="nothing"):
        frozen.changer(kind, "nothing")
    *_, derived, _, _ = classes(frozen.dataclass)  # it derives something when it is made
    with pytest.raises(TypeError, match="Derived"):
        frozen.changer(derived, "row")
