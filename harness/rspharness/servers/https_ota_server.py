"""S_OTA over HTTPS (SCP81): push, channel, TLS with a pre-shared key, script and its response.

A secured short message triggers the session. The card opens a TCP channel by the Bearer
Independent Protocol, which the terminal of `rspharness.lpa.bip` carries to this server in memory;
it proves that it has the key, sends a POST, gets a script, and sends the response. The keys are in
the MNO-SD of the Profile, where `with_psk` puts them.

Source: GlobalPlatform Card Specification, Amendment B; ETSI TS 102 226, clause 5. Uncertain,
because the text was not available: parameter i of SCP81, here 04 for TLS 1.2, and the usage 3C of
its key; both are as in public material.
"""

from collections.abc import Sequence
from dataclasses import field
from functools import partial
from typing import Any, Final

from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError, RemoteError
from rspcore.frozen import dataclass, replace
from rspcore.ota.http_session import Connection, HttpPost, PskReference, SessionTrigger
from rspcore.ota.script import ScriptResponse, expanded, read_response
from rspcore.profile_maker import TestProfile, own_secret
from rspcore.profile_maker.editing import edited
from rspcore.status import describe, is_success
from rspharness.card.card_under_test import Card
from rspharness.lpa.bip import BipTerminal, Peer
from rspharness.lpa.traced_port import write_message
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError
from rspharness.servers.ota_server import OtaServer, Receipt
from rspharness.servers.scp81_dialogue import AdministrationDialogue
from rspharness.servers.tls_psk import TlsServer, psk_context

__all__ = ["HttpsOtaServer", "HttpsSession", "Outcome", "PskKeys", "with_psk"]

_ADDRESS: Final = bytes((192, 0, 2, 81))
"""Address of the server: one of those set aside for documentation (RFC 5737)."""
_PORT: Final = 443
_HOST: Final = "ota.example.com"
_AGENT: Final = "//se-id/rsplab//aa-id/mno-sd"
_URI: Final = "/administration"
_NEXT_URI: Final = "/administration?response=1"
_OK: Final = "ok"

_SCP80, _SCP81_TLS12 = bytes.fromhex("81028000"), bytes.fromhex("81028104")


@dataclass(frozen=True, slots=True)
class PskKeys:
    """A key set of SCP81; the keys never appear in a repr.

    Attributes:
        identity: PSK identity, text without a colon.
        psk: Pre-shared key (key identifier 01, type 85), 16 octets.
        dek: Data encryption key (key identifier 02, AES), 16 octets.
        version: Key version number, 40 to 4F.
    """

    identity: str = "rsplab-scp81"
    psk: bytes = field(default_factory=lambda: own_secret("SCP81 PSK", 16), repr=False)
    dek: bytes = field(default_factory=lambda: own_secret("SCP81 DEK", 16), repr=False)
    version: int = 0x40


def with_psk(one: TestProfile, keys: PskKeys) -> TestProfile:
    """Returns the Profile with SCP81 and its key set in the MNO-SD, otherwise unchanged."""

    def change(domain: dict[str, Any]) -> dict[str, Any]:
        instance = dict(domain["instance"])
        parameters = bytes(instance["applicationSpecificParametersC9"])
        instance["applicationSpecificParametersC9"] = parameters.replace(
            _SCP80, _SCP80 + _SCP81_TLS12, 1
        )
        added = [
            _key(keys.version, 0x01, 0x3C, 0x85, keys.psk),
            _key(keys.version, 0x02, 0x48, 0x88, keys.dek),
        ]
        return domain | {"instance": instance, "keyList": [*domain["keyList"], *added]}

    return replace(one, upp=edited(one.upp, "securityDomain", change))


def _key(version: int, identifier: int, usage: int, kind: int, value: bytes) -> dict[str, Any]:
    return {
        "keyUsageQualifier": bytes((usage,)),
        "keyIdentifier": bytes((identifier,)),
        "keyVersionNumber": bytes((version,)),
        "keyComponents": [{"keyType": bytes((kind,)), "keyData": value}],
    }


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a session.

    Attributes:
        commands: How many commands the script has.
        script_status: X-Admin-Script-Status, None when no response came.
        script: Response to the script, None when there is none or it cannot be read.
        fault: Why the session did not complete, in words; None when it did.
    """

    commands: int
    script_status: str | None = None
    script: ScriptResponse | None = None
    fault: str | None = None

    @property
    def sw(self) -> int | None:
        """Returns the status word of the last command executed, None when there is none."""
        responses = self.script.responses if self.script is not None else ()
        return responses[-1].sw if responses else None

    @property
    def accepted(self) -> bool:
        """Returns whether the session completed and every command succeeded."""
        if self.fault is not None or self.script_status != _OK or self.script is None:
            return False
        responses = self.script.responses
        return len(responses) == self.commands and all(is_success(one.sw) for one in responses)

    def describe(self) -> str:
        """Returns the outcome in words."""
        if self.fault is not None:
            return self.fault
        executed = len(self.script.responses) if self.script is not None else 0
        shown = "" if self.sw is None else f", SW {describe(self.sw)}"
        return (
            f"X-Admin-Script-Status {self.script_status or 'none'}, "
            f"{executed} of {self.commands} commands executed{shown}"
        )


class HttpsOtaServer:
    """The operator's server for sessions over HTTPS.

    Attributes:
        keys: Key set the card shares.
        trigger: Content of the push.
        targeted: X-Admin-Targeted-Application, "//aid/RID/PIX"; empty for the MNO-SD.
        templated: True when the push is a command scripting template (AA).
        trace: Where the HTTP messages are written, None for nowhere.
    """

    def __init__(
        self, keys: PskKeys, *, templated: bool = False, trace: Trace | None = None
    ) -> None:
        """Prepares the server.

        Args:
            keys: Key set the card shares.
            templated: True for a card that wants the push in a command scripting template.
            trace: Where the HTTP messages are written as they are inside TLS, None for nowhere.

        Raises:
            Inconclusive: this Python has no TLS with pre-shared keys.
        """
        self.keys = keys
        self.trigger = SessionTrigger(
            connection=Connection(_ADDRESS, _PORT),
            security=PskReference(keys.identity.encode(), keys.version),
            post=HttpPost(_HOST, _AGENT, _URI),
        )
        self.targeted = ""
        self.templated = templated
        self.trace = trace
        self._context = psk_context({keys.identity: keys.psk})

    def session(self, card: Card, script: Sequence[CommandApdu]) -> "HttpsSession":
        """Returns a session that will have the card execute a script."""
        return HttpsSession(self, card, script)

    def connection(self, dialogue: AdministrationDialogue) -> TlsServer:
        """Returns the far end of a new TCP connection."""
        return TlsServer(self._context, dialogue)


class HttpsSession:
    """One session: `push`, then `run`.

    Attributes:
        terminal: The terminal between card and server.
        dialogue: The requests and answers over HTTP.
    """

    def __init__(self, server: HttpsOtaServer, card: Card, script: Sequence[CommandApdu]) -> None:
        self.terminal = BipTerminal(card, self._listening)
        card.secrets.add("PSK", server.keys.psk)
        card.secrets.add("DEK of SCP81", server.keys.dek)
        self.dialogue = AdministrationDialogue(
            expanded(script, indefinite=True),
            uri=_URI,
            next_uri=_NEXT_URI,
            targeted=server.targeted,
            note=None if server.trace is None else partial(write_message, server.trace),
        )
        self._server = server
        self._card = card
        self._commands = len(script)
        self._tls: TlsServer | None = None

    def push(self, ota: OtaServer) -> Receipt:
        """Carries out what the card announces already, then sends it the trigger.

        Raises:
            ExpectationError: a proof of receipt came and cannot be opened, or the card broke the
                toolkit's protocol.
        """
        self._serve()
        server = self._server
        return ota.push(self._card, server.trigger.encode(templated=server.templated))

    def run(self) -> Outcome:
        """Acts as terminal and server until the card sends nothing more.

        Raises:
            ExpectationError: the card broke the toolkit's protocol.
        """
        self._serve()
        fault = self._fault()
        response = self.dialogue.response
        if response is None:
            return Outcome(self._commands, fault=fault or "the card sent no response to the script")
        status = response.headers.get("x-admin-script-status")
        try:
            script = read_response(response.body) if response.body else None
        except DecodeError as error:
            return Outcome(self._commands, status, None, f"response to the script: {error}")
        return Outcome(self._commands, status, script, fault)

    def _serve(self) -> None:
        try:
            self.terminal.serve()
        except (DecodeError, RemoteError) as error:
            raise ExpectationError("proactive commands to carry out", str(error)) from error

    def _listening(self, wanted: Connection) -> Peer | None:
        """Returns the server for a channel that leads to it, None for any other."""
        known = self._server.trigger.connection
        if known is None or (wanted.address, wanted.port) != (known.address, known.port):
            return None
        self._tls = self._server.connection(self.dialogue)
        return self._tls

    def _fault(self) -> str | None:
        """Returns why the session did not complete, in words."""
        if not self.terminal.opened:
            return "no OPEN CHANNEL after the push"
        if self._tls is None:
            return f"no OPEN CHANNEL to the server, but to {self.terminal.opened[-1]}"
        if self._tls.fault is not None:
            return self._tls.fault
        if not self._tls.established:
            return "the TLS handshake did not come to its end"
        if self.dialogue.fault is not None:
            return self.dialogue.fault
        return None if self.dialogue.posts else "no POST over TLS"
