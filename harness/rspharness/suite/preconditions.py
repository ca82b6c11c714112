"""What a case needs of a card that no command of it brings about, read before the case begins."""

from rspcore.errors import RspError
from rspcore.messages.es10c import ProfileState
from rspharness.card.aboard import NOBODY
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import NotApplicable, TargetLost

__all__ = ["require_enabled"]


def require_enabled(card: Card) -> None:
    """Requires a Profile that is Enabled; the card is reset afterwards.

    A card whose list of Profiles cannot be read is taken as one that has it: other cases judge the
    list, and this one shows what the card does.

    Raises:
        NotApplicable: no Profile is Enabled.
        TargetLost: the card does not answer.
    """
    kept, card.aboard = card.aboard, NOBODY
    try:
        states = [one.profile_state for one in card.listed_profiles()]
    except TargetLost:
        raise
    except RspError:
        states = [ProfileState.enabled]
    finally:
        card.aboard = kept
    if ProfileState.enabled not in states:
        raise NotApplicable("no Profile is Enabled on the card")
    card.reset()
