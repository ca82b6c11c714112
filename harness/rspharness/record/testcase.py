"""The `testcase` marker: the requirements a test function checks, and what it may do to a card.

    @testcase("ES10b.PrepareDownload#13")
    def test_altered_smdp_signature2_is_refused(card, server, step): ...

    @testcase.each("reason", {
        "ES10b.CancelSession#01": CancelSessionReason.endUserRejection,
        "ES10b.CancelSession#02": CancelSessionReason.postponed,
    })
    def test_reason_is_signed(card, server, reason): ...

    @testcase("ES10b.PrepareDownload#13")
    @testcase.both_curves
    def test_altered_smdp_signature2_is_refused(card, server, step): ...

Levels: a `read-only` case leaves nothing behind on the card; a `profiles` case installs, enables
and deletes its own Profiles and changes addresses; a `destructive` case may remove what it did not
install; an `irreversible` one leaves what nothing can undo, and spends credentials of its own.
pytest is imported on use, because the command line imports this package too.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

TYPE_CHECKING = False  # as `typing` has it, which is a seventh of the time of `rsplab --help`
if TYPE_CHECKING:
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., object])

__all__ = ["Level", "TestCaseMarker", "testcase"]


class Level(StrEnum):
    """What a case may do to a card.

    The first three include each other, the most destructive last. `irreversible` includes none of
    them and is included in none, so that nobody asks for it by asking for another.
    """

    READ_ONLY = "read-only"
    PROFILES = "profiles"
    DESTRUCTIVE = "destructive"
    IRREVERSIBLE = "irreversible"

    def allows(self, other: "Level") -> bool:
        """Returns whether a run at this level runs a case of another.

        >>> Level.DESTRUCTIVE.allows(Level.PROFILES), Level.DESTRUCTIVE.allows(Level.IRREVERSIBLE)
        (True, False)
        """
        if Level.IRREVERSIBLE in (self, other):
            return self is other
        order = list(Level)
        return order.index(other) <= order.index(self)


class TestCaseMarker:
    """Makes the decorators; there is one instance, `testcase`."""

    __test__ = False  # the name starts with Test, and pytest would collect it

    def __call__(self, *ids: str, level: Level | str = Level.PROFILES) -> "Callable[[F], F]":
        """Returns the decorator that names the requirements a test function checks.

        Args:
            ids: Ids of the catalogue; an unknown one fails collection.
            level: What the case may do to a card; on a real card only `read-only` runs by default.
        """
        import pytest  # noqa: PLC0415  slow, and needed only where tests are

        mark: Callable[[F], F] = pytest.mark.testcase(*ids, level=str(Level(level)))
        return mark

    def each(
        self,
        argument: str,
        values: "Mapping[str, Any]",
        *,
        level: Level | str = Level.PROFILES,
    ) -> "Callable[[F], F]":
        """Returns the decorator that runs a test function once per requirement, each with a value.

        Args:
            argument: Name of the argument, or several separated by commas.
            values: Value (or tuple of values, for several arguments) for each id; an id may carry
                more than one requirement, separated by spaces.
            level: As for a single case.
        """
        import pytest  # noqa: PLC0415  slow, and needed only where tests are

        several = "," in argument
        rows = [
            pytest.param(
                *(value if several else (value,)),
                id=ids,
                marks=pytest.mark.testcase(*ids.split(), level=str(Level(level))),
            )
            for ids, value in values.items()
        ]
        mark: Callable[[F], F] = pytest.mark.parametrize(argument, rows)
        return mark

    def both_curves(self, function: "F") -> "F":
        """Makes a case run once on each curve, whichever is the curve of the run.

        The fixtures `curve`, `server`, `server2`, `smds`, `make_server` and `throw_away` are those
        of that curve. Where the card does not trust the CI of the run on a curve, the case of that
        curve is not applicable.
        """
        import pytest  # noqa: PLC0415  slow, and needed only where tests are

        from rspcore.crypto.curves import Curve  # noqa: PLC0415  brings cryptography

        mark: Callable[[F], F] = pytest.mark.parametrize("curve", tuple(Curve), ids=str)
        return mark(function)


testcase = TestCaseMarker()
"""The decorator of every conformance case."""
