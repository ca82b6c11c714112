"""Variations of an RSP session and its load that a text leaves open."""

from typing import Final

from rspsim.euicc.isdr.es10b import authenticate_server, prepare_download
from rspsim.euicc.load.es8p import initialise_secure_channel
from rspsim.variations.variation import Variation, moved_last

__all__ = ["VARIATIONS"]

VARIATIONS: Final = (
    Variation(
        name="load.challenge-before-signature",
        summary="AuthenticateServer names a wrong challenge before a wrong signature.",
        legal_by="eSIM.me: euiccChallengeMismatch with certificate and signature broken as well",
        octets="81 in the error of BF38",
        change=moved_last(authenticate_server.CHECKS, "server_signature1"),
    ),
    Variation(
        name="load.transaction-before-signature",
        summary="PrepareDownload names a wrong transactionId before a wrong signature.",
        legal_by="eSIM.me",
        octets="81 in the error of BF21",
        change=moved_last(prepare_download.CHECKS, "smdp_signature2"),
    ),
    Variation(
        name="load.transaction-before-smdp-sign",
        summary="InitialiseSecureChannel names a wrong transactionId before a wrong signature.",
        legal_by="Eastcompeace family: reason 3",
        octets="81 in the error result of BF37",
        change=moved_last(initialise_secure_channel.CHECKS, "smdp_sign"),
    ),
    Variation(
        name="load.exclusive",
        summary="During a load other functions are answered 6985.",
        legal_by="SGP.22, 5.7.6",
        octets="status word of STORE DATA",
        options=("exclusive-load=yes",),
    ),
    Variation(
        name="load.on-any-channel",
        summary="A load goes on on another channel than it began on.",
        legal_by="SGP.22, 2.5.5 and 5.7.6: the channel is open",
        octets="status word of a segment",
        options=("load-bound-to-channel=no",),
    ),
    Variation(
        name="load.segments-of-1020",
        summary="A protected object of more than 1,020 octets ends the load.",
        legal_by="SGP.22, 2.5.4 and 5.5: the limit of 1,020 octets",
        octets="answer to a segment of 1,036 octets",
        options=("segment-limit=1020",),
    ),
    Variation(
        name="load.one-challenge-one-try",
        summary="A refused AuthenticateServer uses the challenge up.",
        legal_by="SGP.22, 5.7.13: open",
        octets="answer to a second BF38",
        options=("authenticate-retry=no",),
    ),
    Variation(
        name="load.no-hash-accepted",
        summary="PrepareDownload goes on though a Confirmation Code is required and none is there.",
        legal_by="SGP.22, 5.7.5: no code for it",
        octets="BF21",
        options=("missing-hash-cc-accepted=yes",),
    ),
    Variation(
        name="load.switch-ends-session",
        summary="A switch of Profiles ends the RSP session.",
        legal_by="SGP.22, 5.7.16: open",
        octets="answer to a session's function after a switch",
        options=("switch-ends-session=yes",),
    ),
    Variation(
        name="load.ppr1-beside-operational",
        summary="StoreMetadata takes PPR1 though an operational Profile is installed.",
        legal_by="SGP.22, 5.5.3: a matter of the LPA",
        octets="answer to 88",
        options=("ppr1-beside-operational-accepted=yes",),
    ),
    Variation(
        name="load.one-key-kept",
        summary="The card keeps one unused one-time key pair.",
        legal_by="SGP.22, 2.6.4.3: a number is not given",
        octets="5F49 in BF21",
        options=("one-time-key-capacity=1",),
    ),
    Variation(
        name="load.quiet-return",
        summary="A Profile that the card enables again by itself makes no Notification.",
        legal_by="SGP.22, 2.4.5.3: open",
        octets="BF28",
        options=("reenable-notifies=no",),
    ),
    Variation(
        name="load.keeps-16-notifications",
        summary="The card keeps 16 Notifications and drops the oldest.",
        legal_by="SGP.22, 3.5: a number is not given",
        octets="BF28",
        options=("notification-capacity=16",),
    ),
)
