"""The `testcase` marker: which requirements a test function answers, and what it may do to a card.

    @testcase("ES10b.PrepareDownload#13")
    def test_altered_smdp_signature2_is_refused(card, server, step): ...

    @testcase.each("reason", {
        "ES10b.CancelSession#01": CancelSessionReason.endUserRejection,
        "ES10b.CancelSession#02": CancelSessionReason.postponed,
    })
    def test_reason_is_signed(card, server, reason): ...

Levels: a `read-only` case leaves nothing behind on the card; a `profiles` case installs, enables
and deletes Profiles of its own and changes addresses; a `destructive` case may remove what it did
not bring. pytest is imported on use, because the command line imports this package too.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

__all__ = ["Level", "TestCaseMarker", "testcase"]

F = TypeVar("F", bound=Callable[..., object])


class Level(StrEnum):
    """Name what a case may do to a card, from the mildest to the harshest."""

    READ_ONLY = "read-only"
    PROFILES = "profiles"
    DESTRUCTIVE = "destructive"

    @property
    def rank(self) -> int:
        """Return 0, 1 or 2, the harshest last."""
        return list(Level).index(self)


class TestCaseMarker:
    """Make the decorators; there is one instance, `testcase`."""

    __test__ = False  # the name starts with Test, and pytest would collect it

    def __call__(self, *ids: str, level: Level | str = Level.PROFILES) -> Callable[[F], F]:
        """Say which requirements a test function answers.

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
        values: Mapping[str, Any],
        *,
        level: Level | str = Level.PROFILES,
    ) -> Callable[[F], F]:
        """Run a test function once per requirement, each with its own value.

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


testcase: Final = TestCaseMarker()
"""The decorator of every conformance case."""
