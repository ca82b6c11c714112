"""What a case needs of a card that no command of it brings about, read before the case begins."""

from collections.abc import Iterable

from rspcore.errors import DecodeError, RspError
from rspcore.messages.es10c import ProfileState
from rspcore.messages.euicc_info import EuiccInfo2
from rspcore.profile_maker import TestProfile
from rspcore.profile_reader import ProfileHeader, split
from rspcore.profile_reader.service_capabilities import SERVICE_CAPABILITIES
from rspcore.status import StatusWord
from rspharness.card.aboard import NOBODY
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import NotApplicable, TargetLost
from rspharness.suite.file_access import EF_ICCID, select_file

__all__ = [
    "require_enabled",
    "require_no_other_notifications",
    "require_no_other_profiles",
    "require_services",
]


def require_enabled(card: Card) -> None:
    """Requires a Profile that is Enabled; the card is reset afterwards.

    A card whose list of Profiles cannot be read is taken as one that has it when it has the files
    of a Profile: other cases judge the list, and this one shows what the card does.

    Raises:
        NotApplicable: no Profile is Enabled.
        RspError: the list cannot be read, and there is no EF.ICCID.
        TargetLost: the card does not answer.
    """
    kept, card.aboard = card.aboard, NOBODY
    try:
        states = [one.profile_state for one in card.listed_profiles()]
    except TargetLost:
        raise
    except RspError:
        card.reset()
        if select_file(card, EF_ICCID).sw == StatusWord.FILE_NOT_FOUND:
            raise
        states = [ProfileState.enabled]
    finally:
        card.aboard = kept
    if ProfileState.enabled not in states:
        raise NotApplicable("no Profile is Enabled on the card")
    card.reset()


def require_no_other_profiles(card: Card, why: str = "the answer lists every Profile") -> None:
    """Requires a card without Profiles of somebody else.

    Args:
        card: The card.
        why: What the case has to do with them, for the message.

    Raises:
        NotApplicable: there are some, and they stay.
    """
    if others := card.aboard.profiles:
        names = ", ".join(sorted(map(str, others)))
        raise NotApplicable(f"{why}, and on the card is {names}, not of the suites")


def require_no_other_notifications(
    card: Card, why: str = "the answer lists every Notification"
) -> None:
    """Requires a card on which no Notification of somebody else can wait.

    A Profile of somebody else that is Enabled has one as soon as a case enables its own.

    Args:
        card: The card.
        why: What the case has to do with them, for the message.

    Raises:
        NotApplicable: there are some, or there may be; they stay.
    """
    if waiting := card.aboard.notifications:
        numbers = ", ".join(map(str, sorted(waiting)))
        raise NotApplicable(f"{why}, and on the card waits {numbers}, not of the suites")
    if not card.aboard.notifications_known:
        raise NotApplicable(f"{why}, and the card gave no list of those that waited before the run")
    if (enabled := card.aboard.enabled) is not None:
        raise NotApplicable(
            f"{why}, and {enabled}, Enabled and not of the suites, has one when it gives way"
        )


def require_services(info: EuiccInfo2 | None, wanted: Iterable[TestProfile]) -> None:
    """Requires a card that claims every service that the headers of these Profiles ask for.

    Args:
        info: EUICCInfo2; None when it could not be read: such a card is taken as one that has
            them, and the downloads show whether it does.
        wanted: The Profiles; a package without a header that can be read asks for nothing.

    Raises:
        NotApplicable: uiccCapability lacks the bit of a service.
    """
    if info is None:
        return
    asked = sorted({service for one in wanted for service in _services(one)})
    missing = [one for one in asked if SERVICE_CAPABILITIES.get(one) not in info.uicc_capability]
    if missing:
        raise NotApplicable(
            f"a Profile of the case needs {', '.join(missing)}, which uiccCapability of the card "
            "does not claim"
        )


def _services(made: TestProfile) -> tuple[str, ...]:
    try:
        return ProfileHeader.parse(split(made.upp)[0]).mandatory_services
    except DecodeError:
        return ()
