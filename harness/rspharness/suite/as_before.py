"""What is somebody else's on a card that is kept, held after each case against what it was.

A case works on what is its own. Where the card then has no longer what was there before the run, or
has it otherwise, the case is the cause, and the run does not go on changing such a card.
"""

from collections.abc import Collection, Iterable, Iterator

from rspcore.ids import Iccid
from rspcore.messages.es10c import ProfileState
from rspharness.card import expect
from rspharness.card.listed import ListedProfile
from rspharness.run.journal import Before

__all__ = ["require_as_before"]


def require_as_before(
    before: Before, profiles: Iterable[ListedProfile], numbers: Collection[int | None]
) -> None:
    """Requires the Profiles and Notifications that were there before a run, as they were.

    Whether a Profile is Enabled again is for its own step; that a Disabled one is, is looked at.

    Args:
        before: What was there. What could not be read then is not compared.
        profiles: What is listed now.
        numbers: Numbers of the Notifications that wait now.

    Raises:
        ExpectationError: something is gone or otherwise.
    """
    problems = [*_profiles(before, profiles), *_notifications(before, numbers)]
    expect.that(
        holds=not problems,
        expected="what was on the card before the run, as it was",
        actual="; ".join(problems),
    )


def _profiles(before: Before, profiles: Iterable[ListedProfile]) -> Iterator[str]:
    now = {one.iccid.octets.hex(): one for one in profiles if one.iccid is not None}
    for was in before.profiles or ():
        named = f"Profile {Iccid(bytes.fromhex(was.iccid))}, which was there before"
        if (one := now.get(was.iccid)) is None:
            yield f"{named}, is gone"
        elif one.nickname and one.nickname != was.nickname:
            yield f"{named}, has the nickname {one.nickname!r}, and had {was.nickname!r}"
        elif one.profile_state == ProfileState.enabled and not was.enabled:
            yield f"{named}, is Enabled, and was Disabled"


def _notifications(before: Before, numbers: Collection[int | None]) -> Iterator[str]:
    gone = sorted(set(before.notifications or ()) - set(numbers))
    if gone:
        listed = ", ".join(map(str, gone))
        yield f"of the Notifications that waited before, these are gone: {listed}"
