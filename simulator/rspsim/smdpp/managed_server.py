"""What SM-DP+ and SM-DS have in common: policy, clock, sessions, and faults of connections."""

from rspcore.errors import DecodeError
from rspcore.ids import TransactionId
from rspcore.pki.bundle import Credential
from rspsim.env import Clock
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_switch import FaultSwitch
from rspsim.smdpp.greeting import Greeting, TlsTerms
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.shared_settings import SettingTexts, SharedSettings
from rspsim.smdpp.stock.sessions import Session, SessionBook

__all__ = ["ManagedServer"]


class ManagedServer:
    """A server whose policy and clock are part of its state, and whose faults act on connections.

    A kind of server has sessions and faults, tells its policy in force, and goes on under another.
    """

    def __init__(self, texts: SettingTexts, policy: Policy, clock: Clock) -> None:
        """Takes what the process starts with, and where changes of it are kept."""
        self._own_clock = clock
        self._shared = SharedSettings(texts, policy, clock)

    @property
    def sessions(self) -> SessionBook:
        """Returns the RSP sessions."""
        raise NotImplementedError

    @property
    def faults(self) -> FaultSwitch:
        """Returns the switch of the faults."""
        raise NotImplementedError

    def _policy_in_force(self) -> Policy:
        raise NotImplementedError

    def _go_on_under(self, policy: Policy) -> None:
        raise NotImplementedError

    @property
    def clock(self) -> Clock:
        """Returns the clock it goes by."""
        self._catch_up()
        return self._own_clock

    @property
    def policy(self) -> Policy:
        """Returns the policy in force; `change_policy` sets another."""
        self._catch_up()
        return self._policy_in_force()

    def change_policy(self, policy: Policy) -> None:
        """Goes on under another policy, in every process; what else is kept stays as it is."""
        self._shared.keep_policy(policy)
        self._go_on_under(policy)

    def keep_clock(self) -> None:
        """Keeps the clock as it was just set, for every process."""
        self._shared.keep_clock()

    def _catch_up(self) -> None:
        """Takes over what another process, a snapshot or a reset did to policy and clock."""
        changed = self._shared.catch_up()
        if changed is not None:
            self._go_on_under(changed)

    def session_named(self, transaction_id: str) -> Session | None:
        """Returns the session of a TransactionID in hexadecimal digits, or None."""
        try:
            name = TransactionId.from_hex(transaction_id)
        except DecodeError:
            return None
        return self.sessions.known(name)

    def greeting(self, terms: TlsTerms, own: Credential) -> Greeting | None:
        """Returns how a client that has just connected is met, None for as usual.

        It is asked for by the front, from the thread that accepts connections.

        Args:
            terms: What the TLS certificate is made for.
            own: The TLS certificate of the server and its key.
        """
        met = Greeting(terms=terms, certificate=own.certificate.der, credential=own)
        asked = self.faults.through(fault_points.CONNECTION, met, "")
        return None if asked is met else asked

    @property
    def listening(self) -> bool:
        """Returns whether the ports that clients use are open."""
        return self.faults.through(fault_points.LISTENING, True, "")  # noqa: FBT003  a value
