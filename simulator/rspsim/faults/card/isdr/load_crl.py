"""Faults of ES10b.LoadCRL: lists that are accepted or not stored, and servers on them."""

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
    """Answers no missing parts for every list that is accepted."""
    answer = LoadCrlResponse.decode(outcome.response.data)
    if answer.load_crl_response_ok is None:
        return outcome
    whole = LoadCrlResponse(load_crl_response_ok=LoadCrlResponseOk())
    return view.answer(whole, state=outcome.state, volatile=outcome.volatile)


def _everything_missing(outcome: Outcome, view: View) -> Outcome:
    """Answers a missing second part for every list that is accepted."""
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
        "EUICCInfo2 reports LoadCRL, but the function is unknown.",
        (*_LOADED, "ES10b.LoadCRL#05", "ES10b.LoadCRL#06", "ES10b.LoadCRL#08"),
        swap(
            dispatch.FUNCTIONS,
            {t: f for t, f in dispatch.FUNCTIONS.standard.items() if t != _FUNCTION.tag},
        ),
    ),
    CardFault(
        "es10b.load-crl.forgotten",
        "A list is confirmed and not stored.",
        (
            "ES10b.LoadCRL#02",
            "ES10b.LoadCRL#04",
            "ES10b.LoadCRL#09",
        ),
        behind(_FUNCTION, _forgotten),
    ),
    CardFault(
        "es10b.load-crl.never-asked",
        "Servers whose certificates are on a list are authenticated.",
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
        "A list of a CI that the card does not have is accepted.",
        ("ES10b.LoadCRL#08",),
        skip(_CHECKS, "verification_key", "signature"),
    ),
    CardFault(
        "es10b.load-crl.format-unsigned",
        "Data that are not a list are answered invalidSignature(1).",
        ("ES10b.LoadCRL#06",),
        answers(_CHECKS, "format", _E.invalidSignature),
    ),
    CardFault(
        "es10b.load-crl.older-too",
        "A list older than the one loaded is accepted.",
        ("ES10b.LoadCRL#09",),
        skip(_CHECKS, "fresher"),
    ),
    CardFault(
        "es10b.load-crl.delta-alone",
        "A delta is accepted without its base.",
        ("ES10b.LoadCRL#10",),
        skip(_CHECKS, "base"),
    ),
    CardFault(
        "es10b.load-crl.no-delta",
        "A delta is refused although its base is loaded.",
        ("ES10b.LoadCRL#04",),
        adds(_CHECKS, Check("no_delta", _no_delta, _E.undefinedError)),
    ),
    CardFault(
        "es10b.load-crl.no-limit",
        "A list is accepted although there is no memory for it.",
        ("ES10b.LoadCRL#07",),
        skip(_CHECKS, "memory"),
    ),
    CardFault(
        "es10b.load-crl.parts-not-reported",
        "The missing parts of a list in parts are not reported.",
        ("ES10b.LoadCRL#12",),
        behind(_FUNCTION, _nothing_missing),
    ),
    CardFault(
        "es10b.load-crl.part-missing",
        "A second part is reported as missing for every list.",
        ("ES10b.LoadCRL#01", "ES10b.LoadCRL#12"),
        behind(_FUNCTION, _everything_missing),
    ),
)
