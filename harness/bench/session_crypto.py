"""The crypto floor of a session at an SM-DP+: what its primitives take, step by step.

Everything the server has to do with a key in a session is here once, with data as long as in a
session, and nothing else: no decoding, no HTTP, no state. Points of the card are loaded anew,
because each card brings others; the server's own keys are loaded. The ciphers of the package are
those of the library, without the code around them. Ciphering of TLS records is left out.
"""

import ssl
from collections.abc import Callable
from time import thread_time  # noqa: TID251  a bench measures CPU time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from rspcore.crypto.bsp import MAX_ENCRYPTED_PLAINTEXT
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import x963_sha256
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.pki.generate import issue_tls, make_pki
from rspsim.env import SeededRng
from rspsim.system import SystemClock
from rspsim.transports.https import tls_context

__all__ = ["SessionCrypto", "client_context"]

_GROUPS = {Curve.BRAINPOOL_P256R1: "brainpoolP256r1"}
_SIGNED = bytes(300)
"""As long as what is signed in a session, about."""


def client_context(curve: Curve) -> ssl.SSLContext:
    """Returns the TLS of an LPA that trusts the CI of the bench."""
    der = make_pki(curves=(curve,)).ci(curve).certificate.der
    context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(der))
    if curve in _GROUPS:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve(_GROUPS[curve])
    return context


class SessionCrypto:
    """The primitives of the four requests of a session on one curve."""

    def __init__(self, curve: Curve, package_octets: int) -> None:
        """Takes the length of the Profile package, in octets."""
        self._curve, self._rng = curve, SeededRng(b"floor")
        self._key = PrivateKey.from_random(curve, self._rng.octets(48))
        self._signature = self._key.sign(_SIGNED)
        self._blocks = [
            bytes(min(MAX_ENCRYPTED_PLAINTEXT, package_octets - at) // 16 * 16 + 32)
            for at in range(0, package_octets, MAX_ENCRYPTED_PLAINTEXT)
        ]
        own = issue_tls(make_pki(curves=(curve,)), curve, ["localhost"], SystemClock().now())
        self._server, self._client = tls_context(own), client_context(curve)
        self._steps: tuple[Callable[[], None], ...] = (
            self._initiate,
            self._authenticate,
            self._deliver,
            self._take_result,
        )

    def step_ms(self, number: int, times: int) -> float:
        """Returns the CPU time of one request's primitives, done so many times, in milliseconds."""
        total = 0.0
        for _ in range(times):
            began = thread_time()
            self._steps[number]()
            total += thread_time() - began
            total += self._handshake() if number == 0 else 0.0
        return total * 1000

    def _verify(self) -> None:
        self._key.public.verify(self._signature, _SIGNED)

    def _load_point(self) -> PublicKey:
        return PublicKey.from_point(self._curve, self._key.public.point)

    def _initiate(self) -> None:
        """Signs serverSigned1."""
        self._key.sign(_SIGNED)

    def _authenticate(self) -> None:
        """Verifies CERT.EUM, CERT.EUICC and euiccSignature1, and signs smdpSigned2."""
        self._load_point()  # of the card; that of its maker is known
        for _ in range(3):
            self._verify()
        self._key.sign(_SIGNED)

    def _deliver(self) -> None:
        """Verifies euiccSignature2, agrees on keys, signs BF23 and protects the package."""
        self._verify()
        one_time = PrivateKey.from_random(self._curve, self._rng.octets(48))
        keys = x963_sha256(one_time.agree(self._load_point()), bytes(34), 48)
        self._key.sign(_SIGNED)
        encryptor = Cipher(algorithms.AES(keys[:16]), modes.CBC(bytes(16))).encryptor()
        keyed = CMAC(algorithms.AES(keys[16:32]))
        for block in (bytes(32), *self._blocks):  # ConfigureISDP, then the profile elements
            mac = keyed.copy()
            mac.update(encryptor.update(block))
            mac.finalize()
        mac = keyed.copy()
        mac.update(_SIGNED)  # StoreMetadata
        mac.finalize()

    def _take_result(self) -> None:
        """Verifies the signature of the ProfileInstallationResult."""
        self._verify()

    def _handshake(self) -> float:
        """Returns the CPU time of the server's side of a TLS handshake, in seconds."""
        up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = self._server.wrap_bio(up, down, server_side=True)
        client = self._client.wrap_bio(down, up, server_hostname="localhost")
        used, left = 0.0, [client, server]
        while left:
            for side in tuple(left):
                began = thread_time()
                try:
                    side.do_handshake()
                    left.remove(side)
                except ssl.SSLWantReadError:
                    pass
                used += thread_time() - began if side is server else 0.0
        return used
