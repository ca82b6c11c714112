"""SmDs: the mock SM-DS as a value machine, HTTP request in, HTTP answer out.

`handle` answers LPAs (ES11, under the paths of ES9+); `steps` answers other servers (ES12, ES15),
which have to show a TLS certificate, and may have to ask the root SM-DS on the way. A change is
kept before it is answered.

Source: SGP.22 v2, 3.6, 5.8 to 5.10 and 6.5.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError
from rspcore.messages.es9p import PATH_PREFIX, Response, StatusCodeData
from rspcore.messages.es12 import ES12_PREFIX, ES15_PREFIX, EventResponse
from rspcore.messages.json_codec import load_object
from rspcore.pki.bundle import Pki
from rspcore.pki.roles import Role
from rspcore.printable_text import printable
from rspsim.env import Clock, Rng
from rspsim.smdpp.http_messages import HttpRequest, HttpResponse
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits
from rspsim.smdpp.partner_calls import Steps
from rspsim.smdpp.policy import STANDARD, Policy
from rspsim.smdpp.protocol.asn1_binding import ASN1_PATH, in_asn1
from rspsim.smdpp.protocol.http_binding import json_answer, plain_answer, transport_fault
from rspsim.smdpp.protocol.resends import AnsweredCall
from rspsim.smdpp.protocol.server_calls import CallRules, answered_once, failed, unreadable
from rspsim.smdpp.stock.sessions import MemorySessions, SessionBook
from rspsim.smds.es11 import authenticate_client, initiate_authentication
from rspsim.smds.es12 import delete_event, register_event
from rspsim.smds.event_records import EventChange, EventRepository, MemoryEvents
from rspsim.smds.surroundings import DsIdentity, Surroundings

__all__ = ["SmDs"]

_Es11 = Callable[[Surroundings, Mapping[str, object]], Response | StatusCodeData]
_Es12 = Callable[[Surroundings, Mapping[str, object], str], Steps[EventChange | StatusCodeData]]

_ES11: Final[Mapping[str, _Es11]] = {
    PATH_PREFIX + "initiateAuthentication": initiate_authentication.run,
    PATH_PREFIX + "authenticateClient": authenticate_client.run,
}
_PARTNERS: Final = {ES12_PREFIX: Role.DP_TLS, ES15_PREFIX: Role.DS_TLS}
_ES12: Final[Mapping[str, _Es12]] = {
    prefix + name: run
    for prefix in _PARTNERS
    for name, run in (("registerEvent", register_event.run), ("deleteEvent", delete_event.run))
}


class SmDs:
    """A mock SM-DS for LPAs and servers.

    Attributes:
        surroundings: Everything the functions may use.
    """

    def __init__(  # noqa: PLR0913  what a server is made of, each part once
        self,
        pki: Pki,
        *,
        address: str,
        aliases: tuple[str, ...] = (),
        root: str = "",
        rng: Rng,
        clock: Clock,
        events: EventRepository | None = None,
        policy: Policy = STANDARD,
        limits: KeptLimits = USUAL_LIMITS,
    ) -> None:
        """Sets up a server on every curve on which the bundle has CERT.DSauth.

        Args:
            pki: Bundle with CI, CERT.DSauth and its key.
            address: Address that LPAs ask.
            aliases: Further addresses it answers to.
            root: Address of the root SM-DS to forward to; empty when it is the root.
            rng: Source of random octets.
            clock: Present time.
            events: Where events are kept; in memory when None.
            policy: Choices that the specification leaves to the server.
            limits: How many sessions are kept.

        Raises:
            ConfigError: the bundle has no CERT.DSauth with a key.
        """
        found = (c for c in pki.curves if pki.all(Role.DS_AUTH, c) and pki.ds_auth(c).key)
        curves: tuple[Curve, ...] = tuple(found)
        if not curves:
            raise ConfigError("SM-DS: the PKI has no CERT.DSauth with its key; add both")
        self.surroundings = Surroundings(
            identity=DsIdentity(
                address=address, aliases=aliases, pki=pki, curves=curves, root=root
            ),
            rng=rng,
            clock=clock,
            policy=policy,
            events=MemoryEvents() if events is None else events,
            sessions=SessionBook(MemorySessions(limits), policy.session_lifetime),
        )

    @staticmethod
    def concerns_partner(request: HttpRequest) -> bool:
        """Returns whether a request is for `steps`, not for `handle`."""
        return request.path.startswith(tuple(_PARTNERS))

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answers a request of an LPA, in either binding."""
        if request.path == ASN1_PATH:
            return in_asn1(request, self.handle, es11=True)
        run, policy = _ES11.get(request.path), self.surroundings.policy
        if run is None:
            return _no_function(request)
        fault = transport_fault(request, policy)
        if fault is not None:
            return fault
        try:
            body = load_object(request.body)
        except DecodeError as error:
            return plain_answer(400, str(error))
        try:
            answer: Response | StatusCodeData = run(self.surroundings, body)
        except DecodeError as error:
            answer = unreadable(error)
        written = failed(answer) if isinstance(answer, StatusCodeData) else answer.to_json()
        return json_answer(written, request, policy.version)

    def steps(self, request: HttpRequest) -> Steps[HttpResponse]:
        """Answers a request of another server, in steps between which others may be answered."""
        run, here = _ES12.get(request.path), self.surroundings
        if run is None:
            return _no_function(request)
        role = next(role for prefix, role in _PARTNERS.items() if request.path.startswith(prefix))

        def keep(decided: EventChange, call: AnsweredCall) -> None:
            here.events.commit(replace(decided, answered=call))

        response, _ = yield from answered_once(
            CallRules(identity=here.identity, clock=here.clock, policy=here.policy),
            request,
            frozenset((role,)),
            kept=here.events.answered,
            run=lambda body, caller: run(here, body, caller),
            response=lambda _: EventResponse(),
            keep=keep,
        )
        return response


def _no_function(request: HttpRequest) -> HttpResponse:
    return plain_answer(404, f"no function at '{printable(request.path, 200)}'")
