"""A real input for each code pair: octets to a server, set up through the interfaces it has.

An input takes a `World` and returns the answer of the server. Those of ES9+ and ES11 run in both
bindings: the LPA of the world speaks JSON or ASN.1.
"""

import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from code_pair_world import OTHER, PKI, World

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import Oid, TransactionId, Version
from rspcore.messages.euicc_info import ExtCardResource
from rspcore.pki.generate import issue_euicc, make_pki
from rspcore.pki.issue import Contents, issue
from rspcore.pki.roles import Role
from rspsim.smdpp import OrderEvent, OrderTerms

sys.path.insert(0, str(Path(__file__).parents[2] / "simulator/tests/rspsim/smdpp"))
from conftest import CardStandIn

__all__ = ["INPUTS"]

Input = Callable[[World], Any]
INPUTS: dict[tuple[str, str, str], Input] = {}
NO_ICCID = "8999901000000000005"
LATE = timedelta(days=30)
CARD_ERROR = bytes.fromhex("800101020107")


def provokes(function: str, pair: str, when: str) -> Callable[[Input], Input]:
    """Enters an input under its row."""

    def entered(run: Input) -> Input:
        INPUTS[function, pair, when] = run
        return run

    return entered


def enter(function: str, pair: str, when: str, run: Input) -> None:
    """Enters an input under its row."""
    INPUTS[function, pair, when] = run


def initiate_with(**changes: Any) -> Input:
    """Makes an InitiateAuthentication of a card or LPA that differs."""

    def run(world: World) -> Any:
        for name, value in changes.items():
            if name != "smdpAddress":
                setattr(world.lpa.card, name, value)
        given = {key: value for key, value in changes.items() if key == "smdpAddress"}
        return world.lpa.initiate(**given)

    return run


for _es, _subject in (("ES9+", "8.8"), ("ES11", "8.9")):
    _function = f"{_es}.InitiateAuthentication"
    _own = "CERT.DPauth" if _es == "ES9+" else "CERT.DSauth"
    enter(
        _function,
        f"{_subject}.1/3.8",
        "smdpAddress of another server",
        initiate_with(smdpAddress="other.example.com"),
    )
    enter(
        _function,
        f"{_subject}.2/3.1",
        "no CI of the signing list is known",
        initiate_with(signing=(bytes(20),)),
    )
    enter(
        _function,
        f"{_subject}.4/3.7",
        f"no {_own} for the verification list",
        initiate_with(verification=(bytes(20),)),
    )
    enter(
        _function,
        f"{_subject}.3/3.1",
        "svn is not served",
        initiate_with(svn=Version.from_text("3.0.0")),
    )
enter(
    "ES9+.InitiateAuthentication",
    "1.6/2.1",
    "a member cannot be read",
    lambda world: world.lpa.initiate(euiccChallenge="AAAA"),
)
enter(
    "ES9+.InitiateAuthentication",
    "1.6/2.2",
    "a member is missing",
    lambda world: world.lpa.post("initiateAuthentication", _without_challenge(world)),
)


def _without_challenge(world: World) -> dict[str, str | None]:
    info = b64encode(world.lpa.card.info1()).decode("ascii")
    return {"smdpAddress": world.lpa.address, "euiccChallenge": None, "euiccInfo1": info}


def reissued(role: Role, **changes: Any) -> bytes:
    """Returns the card's certificate of a role with some of it changed, signed again."""
    curve = Curve.NIST_P256
    own = PKI.eum(curve) if role is Role.EUM else PKI.euicc(curve)
    issuer = PKI.ci(curve) if role is Role.EUM else PKI.eum(curve)
    key = changes.pop("key", issuer.private_key)
    return issue(replace(Contents.of(own.certificate), **changes), key).der


def with_certificate(attribute: str, role: Role, **changes: Any) -> Input:
    """Makes an AuthenticateClient of a card with another certificate."""

    def run(world: World) -> Any:
        if changes.get("not_after") == "past":
            changes["not_after"] = world.clock.now() - timedelta(days=1)
        setattr(world.lpa.card, attribute, reissued(role, **changes))
        return authenticate(world)

    return run


def authenticate(world: World, matching_id: str | None = "M-1", **changes: Any) -> Any:
    """Initiates and authenticates."""
    world.lpa.initiate()
    return world.lpa.authenticate(matching_id, **changes)


def signed_by_another(world: World) -> Any:
    """Authenticates with a signature of another key than that of the certificate."""
    world.lpa.initiate()
    world.lpa.card.sign = PKI.eum(Curve.NIST_P256).private_key.sign
    return world.lpa.authenticate("M-1")


def of_unknown_ci(world: World) -> Any:
    """Authenticates a card of another CI, which says it were of a known one."""
    stranger = make_pki(b"another laboratory")
    card = world.lpa.card
    card.euicc = stranger.euicc(Curve.NIST_P256)
    card.certificate = card.euicc.certificate.der
    card.eum = stranger.eum(Curve.NIST_P256).certificate.der
    return authenticate(world)


def of_another_curve(world: World) -> Any:
    """Authenticates with the chain of the other CI than the one the server chose."""
    world.lpa.initiate()
    other = CardStandIn(PKI, Curve.BRAINPOOL_P256R1)
    card = world.lpa.card
    card.euicc, card.certificate, card.eum = other.euicc, other.certificate, other.eum
    return world.lpa.authenticate("M-1")


def unknown_transaction(step: str) -> Input:
    """Makes a step with a TransactionID that no session has."""

    def run(world: World) -> Any:
        lpa = world.lpa
        if step != "authenticate":
            authenticate(world)
        else:
            lpa.initiate()
        ready = {"authenticate": lpa.card.authenticate, "get": lpa.card.prepare_download}
        if step == "authenticate":
            octets = ready[step](lpa.initiated, "M-1")
            lpa.initiated = dict(lpa.initiated, transactionId="00" * 16)
            return lpa.authenticate(bf38=octets)
        if step == "get":
            octets = ready[step](lpa.authenticated, lpa.signature1)
            lpa.initiated = dict(lpa.initiated, transactionId="00" * 16)
            return lpa.get_package(bf21=octets)
        octets = lpa.card.cancel(lpa.transaction_id, 0)
        lpa.initiated = dict(lpa.initiated, transactionId="00" * 16)
        return lpa.cancel(0, octets)

    return run


OTHER_ID = TransactionId(bytes(16))
for _es in ("ES9+", "ES11"):
    _function = f"{_es}.AuthenticateClient"
    for _pair, _when, _input in (
        ("8.1.2/6.1", "CERT.EUM does not verify",
         with_certificate("eum", Role.EUM, key=PKI.euicc(Curve.NIST_P256).private_key)),
        ("8.1.2/6.3", "CERT.EUM has expired",
         with_certificate("eum", Role.EUM, not_after="past")),
        ("8.1.3/6.1", "CERT.EUICC does not verify",
         with_certificate("certificate", Role.EUICC, key=PKI.euicc(Curve.NIST_P256).private_key)),
        ("8.1.3/6.3", "CERT.EUICC has expired",
         with_certificate("certificate", Role.EUICC, not_after="past")),
        ("8.1/6.1", "euiccSignature1 does not verify", signed_by_another),
        ("8.1/6.1", "another serverChallenge is signed",
         lambda world: authenticate(world, server_challenge=bytes(16))),
        ("8.11.1/3.9", "CI of the card unknown", of_unknown_ci),
        ("8.10.1/3.9", "TransactionID unknown", unknown_transaction("authenticate")),
        ("8.10.1/3.9", "another TransactionID is signed",
         lambda world: authenticate(world, transaction_id=OTHER_ID)),
        ("8.1/6.1", "the card reports an error",
         lambda world: (world.lpa.initiate(), world.lpa.authenticate(
             bf38=tlv.encode(0xBF38, tlv.encode(0xA1, CARD_ERROR))))[1]),
    ):  # fmt: skip
        enter(_function, _pair, _when, _input)
enter(
    "ES11.AuthenticateClient",
    "8.9.5/3.9",
    "EventID unknown",
    lambda world: authenticate(world, "NO-SUCH"),
)

AUTH = "ES9+.AuthenticateClient"
enter(AUTH, "8.11.1/3.9", "another CI than the one chosen", of_another_curve)
enter(AUTH, "8.2.6/3.8", "MatchingID unknown", lambda world: authenticate(world, "NONE"))
enter(
    AUTH,
    "8.1.1/3.8",
    "nothing is pending without MatchingID",
    lambda world: authenticate(world, None),
)


@provokes(AUTH, "8.2.6/3.8", "the order is reserved by another card")
def _reserved(world: World) -> Any:
    authenticate(world)
    world.lpa.card = CardStandIn(issue_euicc(PKI, OTHER), eid=OTHER)
    return authenticate(world)


@provokes(AUTH, "8.1.1/3.8", "MatchingID of another EID")
def _other_eid(world: World) -> Any:
    world.order("M-2", eid=OTHER)
    return authenticate(world, "M-2")


@provokes(AUTH, "8.2/1.2", "the Profile is not released")
def _not_released(world: World) -> Any:
    world.order("M-2", terms=OrderTerms(released=False))
    return authenticate(world, "M-2")


@provokes(AUTH, "8.8.5/4.10", "the order has ended")
def _ended(world: World) -> Any:
    world.order("M-2", terms=OrderTerms(expires_at=world.clock.now()))
    return authenticate(world, "M-2")


@provokes(AUTH, "8.8.5/6.4", "too many downloads")
def _too_many(world: World) -> Any:
    world.order("M-2", terms=OrderTerms(downloads=1))
    authenticate(world, "M-2")
    return authenticate(world, "M-2")


@provokes(AUTH, "8.2.5/4.3", "the card is not eligible")
def _not_eligible(world: World) -> Any:
    world.lpa.card.info2_changes = {"uicc_capability": frozenset()}
    return authenticate(world)


@provokes(AUTH, "8.1/4.8", "too little memory")
def _no_memory(world: World) -> Any:
    little = ExtCardResource(
        number_of_installed_applications=b"\x00",
        free_non_volatile_memory=b"\x00\x01",
        free_volatile_memory=b"\x10\x00",
    )
    world.lpa.card.info2_changes = {"ext_card_resource": little}
    return authenticate(world)


GET = "ES9+.GetBoundProfilePackage"
enter(GET, "8.10.1/3.9", "TransactionID unknown", unknown_transaction("get"))


def package(
    world: World, *, matching_id: str = "M-1", code: str | None = None, **changes: Any
) -> Any:
    """Goes through a download as far as the package."""
    authenticate(world, matching_id)
    return world.lpa.get_package(code, **changes)


enter(
    GET,
    "8.10.1/3.9",
    "another TransactionID is signed",
    lambda world: package(world, transaction_id=OTHER_ID),
)


@provokes(GET, "8.1/6.1", "euiccSignature2 does not verify")
def _signature2(world: World) -> Any:
    authenticate(world)
    world.lpa.card.sign = PKI.eum(Curve.NIST_P256).private_key.sign
    return world.lpa.get_package()


@provokes(GET, "8.1/6.1", "the card reports an error")
def _package_error(world: World) -> Any:
    authenticate(world)
    return world.lpa.get_package(bf21=tlv.encode(0xBF21, tlv.encode(0xA1, CARD_ERROR)))


def with_code(code: str | None, times: int) -> Input:
    """Makes downloads with this code of an order that has another."""

    def run(world: World) -> Any:
        world.order("M-2", confirmation_code="1234")
        return [package(world, matching_id="M-2", code=code) for _ in range(times)][-1]

    return run


enter(GET, "8.2.7/2.2", "Confirmation Code missing", with_code(None, 1))
enter(GET, "8.2.7/3.8", "Confirmation Code wrong", with_code("4321", 1))
enter(GET, "8.2.7/6.4", "Confirmation Code wrong for the last time", with_code("4321", 3))


@provokes(GET, "8.2/3.7", "another otPK.EUICC, and no binding anew")
def _other_key(world: World) -> Any:
    world.restart(rebind=False)
    package(world)
    world.lpa.card.otsk = None
    return package(world)


@provokes(GET, "8.2/3.7", "withdrawn since it was offered")
def _withdrawn(world: World) -> Any:
    authenticate(world)
    world.dp.orders.change(world.number, OrderEvent.WITHDRAWN)
    return world.lpa.get_package()


@provokes(GET, "8.8.5/4.10", "the order has ended")
def _ended_meanwhile(world: World) -> Any:
    world.order("M-2", terms=OrderTerms(expires_at=world.clock.now() + timedelta(minutes=1)))
    authenticate(world, "M-2")
    world.clock.advance(timedelta(minutes=2))
    return world.lpa.get_package()


CANCEL = "ES9+.CancelSession"
enter(CANCEL, "8.10.1/3.9", "TransactionID unknown", unknown_transaction("cancel"))


def cancel(world: World, **changes: Any) -> Any:
    """Authenticates and cancels."""
    authenticate(world)
    return world.lpa.cancel(0, **changes)


@provokes(CANCEL, "8.10.1/3.9", "another TransactionID is signed")
def _cancel_other(world: World) -> Any:
    authenticate(world)
    return world.lpa.cancel(0, world.lpa.card.cancel(OTHER_ID, 0))


@provokes(CANCEL, "8.1/6.1", "euiccCancelSessionSignature does not verify")
def _cancel_signature(world: World) -> Any:
    authenticate(world)
    world.lpa.card.sign = PKI.eum(Curve.NIST_P256).private_key.sign
    return world.lpa.cancel(0)


enter(
    CANCEL,
    "8.8/3.10",
    "smdpOid of another server",
    lambda world: cancel(world, oid=Oid("2.999.99")),
)
enter(
    "ES9+.HandleNotification",
    "HTTP 204",
    "whatever comes",
    lambda world: world.lpa.post("handleNotification", {"pendingNotification": "vzcA"}),
)
