"""Faults of ES10b.LoadCRL: lists that are taken or forgotten, servers that are believed."""

from dataclasses import replace
from typing import Final

from rspcore.messages.es10b import LoadCrlErrorCode, LoadCrlResponse, LoadCrlResponseOk
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10b import authenticate_server, load_crl
from rspsim.euicc.outcome import Outcome, View
from rspsim.faults.card.card_fault import CardFault, adds, answers, behind, flattened, skip, swap

__all__ = ["FAULTS"]

_CHECKS = load_crl.CHECKS
_FUNCTION = load_crl.LOAD_CRL
_E = LoadCrlErrorCode


def _no_delta(attempt: load_crl.CrlAttempt) -> bool:
    return attempt.crl is None or attempt.crl.base_number is None


def _forgotten(outcome: Outcome, view: View) -> Outcome:
    return replace(outcome, state=view.state)


def _nothing_missing(outcome: Outcome, view: View) -> Outcome:
    """Answer every list that is taken as one in a single piece."""
    answer = LoadCrlResponse.decode(outcome.response.data)
    if answer.load_crl_response_ok is None:
        return outcome
    whole = LoadCrlResponse(load_crl_response_ok=LoadCrlResponseOk())
    return view.answer(whole, state=outcome.state, volatile=outcome.volatile)


def _everything_missing(outcome: Outcome, view: View) -> Outcome:
    """Tell of every list that is taken that its second part is missing."""
    answer = LoadCrlResponse.decode(outcome.response.data)
    if answer.load_crl_response_ok is None:
        return outcome
    part = LoadCrlResponse(load_crl_response_ok=LoadCrlResponseOk(missing_parts=(2,)))
    return view.answer(part, state=outcome.state, volatile=outcome.volatile)


_LOADED: Final = (
    "ES10b.LoadCRL#01",
    "ES10b.LoadCRL#03",
    "ES10b.LoadCRL#12",
)

FAULTS: Final = (
    CardFault(
        "es10b.load-crl.advertised-only",
        "EUICCInfo2 tells of LoadCRL, and the function is unknown.",
        (*_LOADED, "ES10b.LoadCRL#05", "ES10b.LoadCRL#06", "ES10b.LoadCRL#08"),
        swap(
            dispatch.FUNCTIONS,
            {t: f for t, f in dispatch.FUNCTIONS.standard.items() if t != _FUNCTION.tag},
        ),
    ),
    CardFault(
        "es10b.load-crl.forgotten",
        "A list is confirmed and not kept.",
        (
            "ES10b.LoadCRL#02",
            "ES10b.LoadCRL#04",
            "ES10b.LoadCRL#09",
        ),
        behind(_FUNCTION, _forgotten),
    ),
    CardFault(
        "es10b.load-crl.never-asked",
        "Servers that are listed are authenticated.",
        ("ES10b.LoadCRL#02",),
        skip(authenticate_server.CHECKS, "certificate_not_revoked"),
    ),
    CardFault(
        "es10b.load-crl.undefined-errors",
        "Every refusal is undefinedError(127).",
        (
            "ES10b.LoadCRL#05",
            "ES10b.LoadCRL#06",
            "ES10b.LoadCRL#07",
            "ES10b.LoadCRL#08",
            "ES10b.LoadCRL#09",
            "ES10b.LoadCRL#10",
        ),
        flattened(_CHECKS, _E.undefinedError),
    ),
    CardFault(
        "es10b.load-crl.any-signature",
        "The signature of a list is not verified.",
        ("ES10b.LoadCRL#05",),
        skip(_CHECKS, "signature"),
    ),
    CardFault(
        "es10b.load-crl.any-ci",
        "A list of a CI that the card does not have is taken.",
        ("ES10b.LoadCRL#08",),
        skip(_CHECKS, "verification_key", "signature"),
    ),
    CardFault(
        "es10b.load-crl.format-unsigned",
        "What is no list is answered invalidSignature(1).",
        ("ES10b.LoadCRL#06",),
        answers(_CHECKS, "format", _E.invalidSignature),
    ),
    CardFault(
        "es10b.load-crl.older-too",
        "A list older than the one loaded is taken.",
        ("ES10b.LoadCRL#09",),
        skip(_CHECKS, "fresher"),
    ),
    CardFault(
        "es10b.load-crl.delta-alone",
        "A delta is taken without its base.",
        ("ES10b.LoadCRL#10",),
        skip(_CHECKS, "base"),
    ),
    CardFault(
        "es10b.load-crl.no-delta",
        "A delta is refused, though its base is loaded.",
        ("ES10b.LoadCRL#04",),
        adds(_CHECKS, Check("no_delta", _no_delta, _E.undefinedError)),
    ),
    CardFault(
        "es10b.load-crl.no-limit",
        "A list is taken though there is no room for it.",
        ("ES10b.LoadCRL#07",),
        skip(_CHECKS, "memory"),
    ),
    CardFault(
        "es10b.load-crl.parts-not-told",
        "What is missing of a list in parts is not told.",
        ("ES10b.LoadCRL#12",),
        behind(_FUNCTION, _nothing_missing),
    ),
    CardFault(
        "es10b.load-crl.part-missing",
        "Of every list a second part is said to be missing.",
        ("ES10b.LoadCRL#01", "ES10b.LoadCRL#12"),
        behind(_FUNCTION, _everything_missing),
    ),
)
