"""Downloads from a server with a fault, and what came of them, for the tables of faults.

Each trial is a download over real TLS by the driver with a simulated card; afterwards the fault is
off and the same code is used a second time.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from rspcore import tlv
from rspcore.errors import DecodeError, RspError
from rspcore.messages.es10b import CancelSessionReason, CancelSessionResponse
from rspcore.pki.certificate import Certificate
from rspharness.lpa import Lpa
from rspharness.lpa.download import AutomaticUser
from rspharness.lpa.https_arguments import read_ci_certificates
from rspharness.lpa.https_port import HttpsOptions
from rspharness.simulated.fixture_cards import SimulatedCards
from rspharness.simulated.fixture_servers import Smdpp

__all__ = ["IMPATIENT_S", "STEPS", "Outcome", "Place", "deviations", "trial"]

STEPS = (
    "initiateAuthentication",
    "authenticateClient",
    "getBoundProfilePackage",
    "handleNotification",
    "cancelSession",
)
NOW = datetime.now(UTC)  # noqa: TID251  certificates are held against the real clock
IMPATIENT_S = 1.5
"""Longest exchange where the fault is that nothing comes."""
_OF_THE_LIBRARY = (
    "no TLS connection",
    "the connection broke",
    "no answer in time",
    "no connection",
    "cannot be read",
    "cannot be used",
)
"""What follows these words is said by the HTTP and TLS library, each version in other words."""


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes:
        message: What the driver said, or "installed".
        reason: Reason of the CancelSession that the server got, "none" for no such request.
        order: State of the order after the trial.
        second: What came of the second download of the same code.
        acted: How often the fault acted.
        answers: Status, fields and body of every answer, for a comparison.
    """

    message: str
    reason: str
    order: str
    second: str
    acted: int
    answers: tuple[tuple[str, int, tuple[tuple[str, str], ...], bytes], ...]


WHOLE = 1 << 20
"""More octets than an answer has."""


class Place:
    """A server and what is needed to download from it."""

    def __init__(self, name="trials"):
        self.server = Smdpp(name, vary="")
        self.trusted = read_ci_certificates(self.server.ca_file)
        self._cards = SimulatedCards()

    def card(self):
        return self._cards()

    def lpa(self, euicc, timeout_s):
        class Link:
            transmit, reset = euicc.transmit, euicc.reset

            def close(self):
                pass

        options = HttpsOptions(ca_certificates=self.trusted, timeout_s=timeout_s)
        return Lpa(Link(), https=options)

    def close(self):
        self.server.close()


def trial(
    place,
    fault,
    step="",
    *,
    timeout_s=30.0,
    refuse=False,
    wrong_code=False,
    ends_after="",
    **given,
):
    """Returns the outcome of a download with a fault; `step` limits it to a function.

    Args:
        place: The server.
        fault: Name of the fault, empty for none.
        step: The function it acts on, empty for all.
        timeout_s: Longest exchange of the download.
        refuse: True for a user who rejects the Profile, so that the session is cancelled.
        wrong_code: True to ask with a MatchingID that the server does not know.
        ends_after: Function whose answer ends the connection, so that the next step opens another.
        **given: Parameters of the fault.
    """
    server, card = place.server, place.card()
    order = server.order()
    code = order.activation_code + ("-X" if wrong_code else "")
    before = max((one.number for one in server.history), default=0)
    user = AutomaticUser(refusal=CancelSessionReason.endUserRejection if refuse else None)
    if step:
        given["function"] = step
    with place.lpa(card, timeout_s) as lpa:
        if ends_after:
            server.fault("tcp.half_close", function=ends_after, octets=WHOLE, times=1)
        switched = server.fault(fault, **given) if fault else None
        message = _said(lambda: lpa.download(code, user=user))
        acted = 0
        if switched is not None:
            acted = switched.acted
            switched.off()
        seen = [one for one in server.history if one.number > before]
        after = order.state
    second = "-"
    if message != "installed":
        with place.lpa(card, 30.0) as again:
            second = _said(lambda: again.download(order.activation_code))
    return Outcome(
        message=message,
        reason=_reason(seen),
        order=after,
        second=second,
        acted=acted,
        answers=tuple(
            (
                one.function,
                one.response.status,
                tuple(sorted(one.response.headers.items())),
                one.response.body,
            )
            for one in seen
        ),
    )


_MEMBERS = {
    "initiateAuthentication": {
        "header",
        "transactionId",
        "serverSigned1",
        "serverSignature1",
        "euiccCiPKIdToBeUsed",
        "serverCertificate",
    },
    "authenticateClient": {
        "header",
        "transactionId",
        "profileMetadata",
        "smdpSigned2",
        "smdpSignature2",
        "smdpCertificate",
    },
    "getBoundProfilePackage": {"header", "transactionId", "boundProfilePackage"},
}
_LONGEST_SEGMENT = 1020


def deviations(answers):
    """Returns what a strict reader finds wrong in answers that a tolerant LPA takes, in words."""
    found = []
    for function, status, fields, body in answers:
        if status == 200 and "X-Admin-Protocol" not in dict(fields):
            found.append("no X-Admin-Protocol")
        if status == 204 and body:
            found.append("204 with a body")
        if status != 200 or function not in _MEMBERS:
            continue
        answer = json.loads(body)
        if set(answer) != _MEMBERS[function]:
            members = sorted(set(answer) ^ _MEMBERS[function])
            found.append(f"members {', '.join(members)} of {function}")
        found += _octets_deviating(answer)
    return list(dict.fromkeys(found))


def _dates_deviating(answer):
    for name in ("serverCertificate", "smdpCertificate"):
        if name in answer:
            try:
                shown = Certificate.from_der(base64.b64decode(answer[name]))
            except (binascii.Error, DecodeError):
                continue
            if not shown.not_before <= NOW <= shown.not_after:
                yield f"{name} that is not valid today"


def _octets_deviating(answer):
    yield from _dates_deviating(answer)
    for name, text in answer.items():
        if name in ("header", "transactionId") or not isinstance(text, str):
            continue
        try:
            octets = base64.b64decode(text, validate=True)
        except binascii.Error:
            yield f"base64 of {name}"
            continue
        if name == "smdpSigned2" and tlv.parse(octets).find(0x5F49) is not None:
            yield "a one-time key for reuse in the first session"
        if name == "boundProfilePackage":
            segments = tlv.parse(octets).find(0xA3).children()
            if max(len(one.raw) for one in segments) > _LONGEST_SEGMENT:
                yield f"an 86 of more than {_LONGEST_SEGMENT:,} octets"


def _said(download):
    try:
        done = download()
    except RspError as error:
        return _plain(str(error))
    return "installed" if done.unreported is None else f"installed; {_plain(done.unreported)}"


def _plain(text):
    """Returns a message without ports, identifiers, and words of libraries."""
    text = re.sub(r"localhost:\d+", "localhost", text)
    text = re.sub(r"[0-9A-F]{32}", "X", text)
    text = re.sub(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", "T", text)
    text = re.sub(r"; the server says: .*?(?=; |$)", "; the server says: ...", text)
    for words in _OF_THE_LIBRARY:
        text = re.sub(rf"({words}):.*?(; try again later)?$", r"\1\2", text)
    return text.replace("|", "/")


def _reason(seen):
    asked = [one for one in seen if one.function == "cancelSession"]
    if not asked:
        return "none"
    octets = base64.b64decode(json.loads(asked[0].request.body)["cancelSessionResponse"])
    good = CancelSessionResponse.decode(octets).cancel_session_response_ok
    return CancelSessionReason(good.euicc_cancel_session_signed.reason).name
