"""What the management API shows of orders, Profiles, sessions, exchanges and Notifications."""

import base64

from rspcore.ids import Eid
from rspcore.messages.metadata import ProfileClass, StoreMetadataRequest
from rspcore.pki.certificate import Certificate
from rspsim.smdpp.history import Exchange
from rspsim.smdpp.limits import LeftOut
from rspsim.smdpp.stock.orders import Order, OrderState
from rspsim.smdpp.stock.profiles import StockedProfile
from rspsim.smdpp.stock.receipts import Receipt
from rspsim.smdpp.stock.sessions import Session

__all__ = [
    "certificate_view",
    "exchange_view",
    "order_view",
    "profile_view",
    "receipt_view",
    "session_view",
]


def order_view(order: Order) -> dict[str, object]:
    """Returns an order without its package."""
    expires = order.terms.expires_at
    return {
        "number": order.number,
        "state": order.state.value,
        "activationCode": order.activation_code,
        "matchingId": order.matching_id,
        "confirmationCodeRequired": order.confirmation_code_hash is not None,
        "iccid": str(order.iccid),
        "eid": _eid(order.eid),
        "boundTo": None if order.binding is None else str(order.binding.eid),
        "downloads": order.downloads,
        "wrongCodes": order.wrong_codes,
        "expiresAt": None if expires is None else expires.isoformat(),
        "again": order.terms.again,
        "operator": order.operator,
        "progress": [
            {
                "notificationPointId": one.point.value,
                "timestamp": one.at.isoformat(),
                "outcome": one.outcome,
            }
            for one in order.progress
        ],
    }


def profile_view(profile: StockedProfile, state: OrderState) -> dict[str, object]:
    """Returns a Profile of the stock without its package."""
    metadata = StoreMetadataRequest.decode(profile.metadata)
    kind = metadata.profile_class
    return {
        "iccid": str(profile.iccid),
        "type": profile.profile_type,
        "operator": profile.owner,
        "state": state.value,
        "lost": profile.lost,
        "spn": metadata.service_provider_name,
        "profileName": metadata.profile_name,
        "class": (ProfileClass.operational if kind is None else ProfileClass(kind)).name,
        "octets": len(profile.upp),
    }


def session_view(session: Session) -> dict[str, object]:
    """Returns a session without what its card has sent."""
    return {
        "transactionId": str(session.transaction_id),
        "stage": session.stage.value,
        "touched": session.touched.isoformat(),
        "curve": session.curve.value,
        "eid": None if session.client is None else str(session.client.eid),
        "order": session.order,
    }


def certificate_view(certificate: Certificate) -> dict[str, object]:
    """Returns a certificate as PEM, and when it is valid."""
    text = base64.encodebytes(certificate.der).decode("ascii").replace("\n", "")
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return {
        "notBefore": certificate.not_before.isoformat(),
        "notAfter": certificate.not_after.isoformat(),
        "pem": f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n",
    }


def exchange_view(exchange: Exchange, order: int | None) -> dict[str, object]:
    """Returns a request and its answer, with the number of the order they are about."""
    return {
        "number": exchange.number,
        "timestamp": exchange.at.isoformat(),
        "function": exchange.function,
        "transactionId": exchange.transaction_id,
        "order": order,
        "summary": exchange.summary,
        "checks": [{"name": one.name, "outcome": one.outcome} for one in exchange.checks],
        "request": {
            "method": exchange.request.method,
            "path": exchange.request.path,
            "headers": dict(exchange.request.headers),
            "body": exchange.request.body.decode("utf-8", "replace"),
            **_left_out_view(exchange.request_left_out),
        },
        "response": {
            "status": exchange.response.status,
            "headers": dict(exchange.response.headers),
            "body": exchange.response.body.decode("utf-8", "replace"),
            **_left_out_view(exchange.response_left_out),
        },
    }


def receipt_view(receipt: Receipt) -> dict[str, object]:
    """Returns a Notification and what the server made of it."""
    return {
        "timestamp": receipt.at.isoformat(),
        "kind": receipt.kind,
        "event": receipt.event,
        "verdict": receipt.verdict.name,
        "seqNumber": receipt.seq_number,
        "eid": _eid(receipt.eid),
        "iccid": None if receipt.iccid is None else str(receipt.iccid),
        "order": receipt.order,
        "octets": base64.b64encode(receipt.octets).decode("ascii"),
        **_left_out_view(receipt.left_out),
    }


def _eid(eid: Eid | None) -> str | None:
    return None if eid is None else str(eid)


def _left_out_view(left_out: LeftOut | None) -> dict[str, object]:
    """Returns what is known of octets that are not kept whole; nothing when they are."""
    if left_out is None:
        return {}
    return {"wholeLength": left_out.length, "wholeSha256": left_out.sha256.hex().upper()}
