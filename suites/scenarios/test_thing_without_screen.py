"""Story.ThingWithoutScreen: somebody far away manages a thing that nobody can touch."""

from rspharness import testcase
from rspharness.record.verdicts import NotApplicable


@testcase("Story.ThingWithoutScreen#01", level="read-only")
def test_thing_without_screen(story):
    """An eIM manages the Profiles of a thing by signed packages: SGP.32, not SGP.22."""
    with story("nobody is there to press a button"):
        story.note("LpaeActivation, what SGP.22 has for such things, is in suites/isdr")
        raise NotApplicable("SGP.32: eIM, IPA and signed packages are not of SGP.22 version 2")
    story.ends()
