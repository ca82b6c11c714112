"""The server under test as cases see it: LPAs that call it, and orders that it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, CryptoError
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import issue_euicc
from rspcore.pki.roles import Role
from rspharness.peers.handshake import Handshake, is_there, shake_hands
from rspharness.peers.lpa_calls import LpaCalls
from rspharness.peers.newer.newer_calls import NewerCalls
from rspharness.peers.newer.own_choices import advance_clock, held_policy
from rspharness.peers.operator_calls import EventCalls, OperatorCalls
from rspharness.peers.provision import Ordered, OrderWish, other_eid
from rspharness.peers.server_run import ServerRun
from rspharness.record.trace import Trace
from rspharness.record.verdicts import NotApplicable, TargetLost

__all__ = ["ServerUnderTest"]


class ServerUnderTest:
    """The SM-DP+ or SM-DS of the run in one case."""

    def __init__(self, run: ServerRun, trace: Trace, seed: str) -> None:
        self._run = run
        self._trace = trace
        self._seed = seed
        self._cards = 0

    @property
    def address(self) -> str:
        """Returns its address, with its port where that is not 443."""
        return self._run.target.address

    @property
    def sm_ds(self) -> bool:
        """Returns whether it is an SM-DS."""
        return self._run.target.sm_ds

    @property
    def name(self) -> str:
        """Returns what it is, as steps call it."""
        return "SM-DS" if self.sm_ds else "SM-DP+"

    @property
    def subject(self) -> str:
        """Returns the subject of its status codes (SGP.22 v2, 5.2.6)."""
        return "8.9" if self.sm_ds else "8.8"

    @property
    def auth_role(self) -> Role:
        """Returns the role of the certificate by which it proves itself to a card."""
        return Role.DS_AUTH if self.sm_ds else Role.DP_AUTH

    @property
    def tls_role(self) -> Role:
        """Returns the role of its TLS certificate."""
        return self._run.target.role

    @property
    def pki(self) -> Pki:
        """Returns the credentials of the run."""
        return self._run.pki

    def lpa(
        self,
        *,
        asn1: bool = False,
        curve: Curve | None = None,
        other_card: bool = False,
    ) -> LpaCalls:
        """Returns an LPA with a card.

        Args:
            asn1: Whether it uses the ASN.1 binding.
            curve: Curve of the card, that of the run when None.
            other_card: Whether the card has an EID that no other card of this or another run has.

        Raises:
            NotApplicable: the credentials of the run have no key to issue such a card.
        """
        self._cards += 1
        words: dict[str, Any] = {"asn1": asn1, "curve": curve}
        if other_card:
            eid = other_eid(int(self.unique, 16) * 100 + self._cards)
            words["eid"] = eid
            try:
                words["pki"] = issue_euicc(self._run.pki, eid)
            except (ConfigError, CryptoError) as error:
                raise NotApplicable(f"a further card cannot be issued: {error}") from error
        return self._run.calls(
            self._trace, f"{self._run.options.seed} {self._seed} {self._cards}", **words
        )

    def newer_lpa(self, **how: Any) -> NewerCalls:
        """Returns an LPA and a card of version 3.

        Args:
            **how: `asn1`, as for `lpa`; what else the card and LPA are, as `NewerCard` has it.

        Raises:
            NotApplicable: the credentials of the run have no key to issue such a card.
        """
        self._cards += 1
        eid = other_eid(int(self.unique, 16) * 100 + self._cards)
        try:
            pki = issue_euicc(self._run.pki, eid)
        except (ConfigError, CryptoError) as error:
            raise NotApplicable(f"a further card cannot be issued: {error}") from error
        seed = f"{self._run.options.seed} {self._seed} {self._cards}"
        return self._run.newer_calls(self._trace, seed, pki=pki, eid=eid, **how)

    @property
    def speaks_asn1(self) -> bool:
        """Returns whether it has the ASN.1 binding, which alone has integers for some refusals."""
        return bool(self._run.capabilities.options.get("S_ASN1"))

    @contextmanager
    def policy(self, **members: Any) -> Iterator[None]:
        """Holds choices of our own server, by their members in JSON.

        Raises:
            NotApplicable: it is another server.
        """
        with held_policy(self._run.target.provision, members):
            yield

    def advance(self, seconds: int) -> None:
        """Moves the clock of our own server forward.

        Raises:
            NotApplicable: it is another server.
        """
        advance_clock(self._run.target.provision, seconds)

    @property
    def declared(self) -> dict[str, Any]:
        """Returns the values that are declared of the server, such as profile_type."""
        return dict(self._run.target.settings.values)

    @property
    def unique(self) -> str:
        """Returns twelve digits 0-9A-F that no other case of the run, and no other run, has."""
        started = self._run.options.started.isoformat()
        return sha256(f"{started} {self._seed}".encode()).hexdigest()[:12].upper()

    def operator(self, *, at_es9: bool = False) -> OperatorCalls:
        """Returns an operator who calls ES2+.

        Args:
            at_es9: Whether the port of ES9+ is called, where clients need no certificate.

        Raises:
            NotApplicable: ES2+ of the server is not known.
        """
        self._cards += 1
        name = f"{self.unique}/{self._cards}"
        return self._run.target.operator(self._trace, name, at_es9=at_es9)

    def other_operator(self) -> OperatorCalls:
        """Returns a second operator who calls ES2+, and to whom no order of the first belongs.

        Raises:
            NotApplicable: ES2+ of the server is not known, or there is no certificate for it.
        """
        self._cards += 1
        return self._run.target.other_operator(self._trace, f"{self.unique}/{self._cards}")

    def type_of_one_operator(self) -> str:
        """Returns a profileType that the first operator may order, and no other.

        Raises:
            NotApplicable: none is declared.
        """
        return self._run.type_of_one_operator(self.unique)

    def partner(self, number: int = 0) -> EventCalls:
        """Returns an SM-DP+ that calls ES12: the first, or with 1 another one.

        Raises:
            NotApplicable: there is no certificate for it.
        """
        self._cards += 1
        return self._run.target.partner(self._trace, f"{self.unique}/{self._cards}", number)

    def order(self, **wish: Any) -> Ordered:
        """Has a Profile ordered, as `OrderWish` says.

        Raises:
            NotApplicable: the provision of the run makes no such orders.
            Inconclusive: it should have made it, and failed.
        """
        return self._run.order(OrderWish(**wish), self._trace)

    def state(self, ordered: Ordered) -> str:
        """Returns the state of an order, such as "Released".

        Raises:
            NotApplicable: the provision of the run does not see it.
        """
        return self._run.target.provision.state(ordered)

    def change(self, ordered: Ordered, event: str) -> None:
        """Lets the operator release (RELEASED), cancel (CANCELLED) or withdraw (WITHDRAWN)."""
        self._run.target.provision.change(ordered, event)

    def new_connection(self) -> None:
        """Closes the connections: the next call opens another."""
        self._run.target.new_connection()

    def get(self, path: str) -> int:
        """Sends a GET and returns the status of the answer."""
        return self._run.target.get(path)

    def handshake(self, **how: Any) -> Handshake:
        """Returns what comes of a TLS handshake, as `shake_hands`.

        Raises:
            TargetLost: nobody takes connections there, so that a refusal would be none.
        """
        made = shake_hands(self.address, **how)
        if not made.version and not is_there(self.address):
            raise TargetLost(f"the server is not reached any more: {made.refusal}")
        return made
