"""Loads of a package that differs from a test profile in one element, with the required result.

The cases of profile elements all use these functions; only the package and the status differ.
"""

from rspcore.messages.euicc_response import PeStatus, PeStatusCode
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import ProfileParameters, preset
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.record.steps import Steps
from rspharness.servers import load_result
from rspharness.servers.rsp_server import RspServer, profile

__all__ = [
    "ICCID",
    "UPP",
    "ends_with_insufficient_memory",
    "ends_with_processing_error",
    "is_installed",
]

_ONE = preset("PROFILE_OPERATIONAL1")
UPP = profile(_ONE).upp
"""The package of PROFILE_OPERATIONAL1, to be changed."""
ICCID = _ONE.iccid


def ends_with_processing_error(
    card: Card,
    server: RspServer,
    step: Steps,
    upp: bytes,
    *codes: PeStatusCode,
) -> PeStatus:
    """Loads a package with one mistake; it has to end with a processing error and one of the codes.

    Args:
        card: The card; afterwards it is as before, except for the PIR.
        server: The server.
        step: Steps of the case.
        upp: The package.
        codes: Every acceptable status; none given accepts all but ok.

    Returns:
        What the card reports of the element.

    Raises:
        ExpectationError: the load had another result.
    """
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: the package with one mistake"):
        loaded = session.install(profile(_ONE), upp=upp)
    with step(
        f"Expected: PIR errorResult, PE processing error(12), {expect.names(codes) or 'any'}"
    ):
        return load_result.element_refused(session, loaded, before, *codes)


def ends_with_insufficient_memory(card: Card, server: RspServer, step: Steps, upp: bytes) -> None:
    """Loads a package that asks for more memory than any card has.

    Raises:
        ExpectationError: the load had another result.
    """
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: the package that asks for too much memory"):
        loaded = session.install(profile(_ONE), upp=upp)
    with step("Expected: PIR errorResult, insufficient memory(10)"):
        reason = ErrorReason.installFailedDueToInsufficientMemoryForProfile
        load_result.ended(session, loaded, before, BppCommandId.loadProfileElements, reason)


def is_installed(
    card: Card,
    server: RspServer,
    step: Steps,
    upp: bytes,
    parameters: ProfileParameters = _ONE,
) -> tuple[PeStatus, ...]:
    """Loads a sound package; it has to be installed.

    Args:
        card: The card.
        server: The server.
        step: Steps of the case.
        upp: The package.
        parameters: What its metadata are made from.

    Returns:
        What the card reports of the elements.

    Raises:
        ExpectationError: it is not installed.
    """
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: the package"):
        loaded = session.install(profile(parameters), upp=upp)
    with step("Expected: PIR successResult"):
        load_result.installed(session, loaded)
        return load_result.statuses(loaded)
