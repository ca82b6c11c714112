"""The host side: targets, the LPA driver, the pytest plugin, reports."""

TYPE_CHECKING = False  # as `typing` has it, which is a seventh of the time of `rsplab --help`
if TYPE_CHECKING:
    from rspharness.record.testcase import Level, testcase
else:

    def __getattr__(name: str) -> object:
        """Imports what suites use of this package when one asks for it."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from rspharness.record import testcase as module  # noqa: PLC0415  as above

        return getattr(module, name)


__all__ = ["Level", "testcase"]
