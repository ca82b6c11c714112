"""Lifting the policy rules of a Profile of the suites, so that it can be disabled and deleted.

Source: SGP.22 v2, 5.4.1 (ES6.UpdateMetadata) and 2.9.2.
"""

from rspcore.ids import Iccid
from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.profile_maker import preset
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import ExpectationError
from rspharness.servers.ota_server import OtaServer
from rspharness.targets.own_profile import OWN_ICCIDS

__all__ = ["lift_rules"]


def lift_rules(card: Card, iccid: Iccid, counter: int) -> None:
    """Unsets the policy rules of the Enabled Profile, one of the suites', over the air.

    Args:
        card: The card.
        iccid: ICCID of the Enabled Profile.
        counter: Counter of the secured packet, above all that this Profile has had; 5 octets.

    Raises:
        ExpectationError: it is not one of the suites', or the card did not do it.
    """
    if not str(iccid).startswith(OWN_ICCIDS):
        raise ExpectationError("a Profile of these suites, whose keys are known", str(iccid))
    card.listed_profiles()  # the guard has to see that this Profile is the Enabled one
    ota = OtaServer(preset("PROFILE_OPERATIONAL1"), counter=counter)
    receipt = ota.update_metadata(card, UpdateMetadataRequest(profile_policy_rules=frozenset()))
    expect.that(
        holds=receipt.accepted,
        expected=f"the policy rules of {iccid} unset over the air",
        actual=receipt.describe(),
    )
