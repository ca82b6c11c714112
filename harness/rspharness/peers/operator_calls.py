"""The operator of the tester, and its SM-DP+: callers of ES2+ and ES12 with a certificate.

Source: SGP.22 v2, 5.3, 5.9 and 6.5.
"""

import json
import ssl
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import urllib3
from urllib3.exceptions import InsecureRequestWarning, SSLError

from rspcore.errors import ConfigError
from rspharness.lpa.https_failures import no_common_curve
from rspharness.peers.bindings import JSON_TYPE, read_json
from rspharness.peers.handshake import BRAINPOOL, is_there, looking_context
from rspharness.peers.server_answer import Answer
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, TargetLost

__all__ = [
    "BRAINPOOL_FILES",
    "CLIENT_FILES",
    "OTHER_REQUESTER",
    "EventCalls",
    "OperatorCalls",
]

CLIENT_FILES: Final = ("client.pem", "client.key")
"""Certificate and key in the folder of `--es2plus-client` and `--es12-client`, PEM."""
BRAINPOOL_FILES: Final = ("brainpool.pem", "brainpool.key")
"""The same for a server that has brainpoolP256r1 alone, which may take no key on another curve."""
_REQUESTER: Final = "2.999.10"
OTHER_REQUESTER: Final = "2.999.12"
"""functionRequesterIdentifier of a second operator."""
_LIMIT_S: Final = 60.0


class OperatorCalls:
    """One operator; each call has an identifier of its own unless a case repeats one.

    Attributes:
        interface: Name of the interface, for the trace.
        path: Path of its functions.
        address: Host and port of ES2+.
    """

    interface: ClassVar[str] = "ES2+"
    path: ClassVar[str] = "/gsma/rsp2/es2plus/"

    def __init__(
        self, address: str, client: Path, trace: Trace, seed: str, requester: str = _REQUESTER
    ) -> None:
        """Prepares the calls; nothing is sent yet.

        Args:
            address: Host and port of ES2+.
            client: Folder with certificate and key.
            trace: Takes every exchange.
            seed: Beginning of the call identifiers.
            requester: functionRequesterIdentifier.
        """
        self.address, self._client, self._trace = address, client, trace
        self._requester = requester
        self._seed, self._number = seed, 0

    def header(self) -> dict[str, str]:
        """Returns the header of a new call."""
        self._number += 1
        return {
            "functionRequesterIdentifier": self._requester,
            "functionCallIdentifier": f"{self._seed}-{self._number}",
        }

    def call(self, function: str, *, certified: bool = True, **members: Any) -> Answer:
        """Calls a function; members that are None are left out.

        Args:
            function: Its name in the path.
            certified: False to show no certificate.
            **members: Members; `header` in place of the usual one, `drop_header` for none.

        Raises:
            ExpectationError: no answer came, or none of the function.
            TargetLost: nobody takes connections there.
        """
        given: dict[str, Any] = {"header": self.header(), **members}
        if given.pop("drop_header", False):
            del given["header"]
        body = json.dumps({name: one for name, one in given.items() if one is not None})
        reply = self._post(function, body.encode(), certified=certified)
        found: dict[str, object] = {}
        refusal = ""
        if reply.status == 200:
            found, refusal = read_json(function, reply.data)
        return Answer(
            function=function,
            status=int(reply.status),
            headers=dict(reply.headers),
            body=reply.data,
            asn1=False,
            members=found,
            refusal=refusal,
        )

    def _post(self, function: str, body: bytes, *, certified: bool) -> urllib3.BaseHTTPResponse:
        headers: Mapping[str, str] = {
            "X-Admin-Protocol": "gsma/rsp/v2.5.0",
            "Content-Type": JSON_TYPE,
        }
        self._trace.remark(f"{self.interface} > {function} {body.decode()}")
        try:
            try:
                reply = self._sent(function, headers, body, self._context("", certified=certified))
            except SSLError as error:
                if not no_common_curve(error):
                    raise
                context = self._context(BRAINPOOL, certified=certified)
                reply = self._sent(function, headers, body, context)
        except urllib3.exceptions.HTTPError as error:
            self._trace.remark(f"{self.interface} ! {error}")
            if not is_there(self.address):
                raise TargetLost(
                    f"the server is not reached any more by {self.interface}: {error}"
                ) from error
            raise ExpectationError("an answer", str(error), about=function) from error
        self._trace.remark(
            f"{self.interface} < {reply.status} {reply.data.decode('utf-8', 'replace')}"
        )
        return reply

    def _sent(
        self, function: str, headers: Mapping[str, str], body: bytes, context: ssl.SSLContext
    ) -> urllib3.BaseHTTPResponse:
        with urllib3.PoolManager(ssl_context=context) as http, warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)  # rows of TLS look at it
            return http.request(
                "POST",
                f"https://{self.address}{self.path}{function}",
                headers=headers,
                body=body,
                retries=False,
                timeout=_LIMIT_S,
            )

    def _context(self, curve: str, *, certified: bool) -> ssl.SSLContext:
        """Returns a context for the usual curves, or for brainpoolP256r1 alone."""
        context = looking_context(curve)
        if not certified:
            return context
        names = CLIENT_FILES
        if curve and all((self._client / one).is_file() for one in BRAINPOOL_FILES):
            names = BRAINPOOL_FILES
        certificate, key = (self._client / name for name in names)
        try:
            context.load_cert_chain(certificate, key)
        except OSError as error:
            raise ConfigError(f"{self._client}: {' and '.join(names)}: {error}") from error
        return context


class EventCalls(OperatorCalls):
    """One SM-DP+ that registers events at an SM-DS and deletes them."""

    interface = "ES12"
    path = "/gsma/rsp2/es12/"
