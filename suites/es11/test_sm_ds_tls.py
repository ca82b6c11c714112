"""TLS of ES11: what an LPA needs of the connection, and what it checks of the certificate."""

import ssl

from rspcore.pki.roles import Role
from rspharness import testcase
from rspharness.peers import certificate_expect
from rspharness.peers.server_answer import require

SUITE = "ECDHE-ECDSA-AES128-GCM-SHA256"
OF_ROLE = {"no_role", "wrong_role"}
OF_NAME = {"host_name"}


@testcase("ES11.TLS#01", level="read-only")
def test_tls_1_2(sm_ds, step):
    """A client with TLS 1.2 alone is served."""
    with step("S_LPAd -> SM-DS: a connection with TLS 1.2 alone"):
        made = sm_ds.handshake(highest=ssl.TLSVersion.TLSv1_2)
    with step("Expected: a connection"):
        require(made.version == "TLSv1.2", "TLSv1.2", made.version or made.refusal)


@testcase("ES11.TLS#02", level="read-only")
def test_cipher_suite(sm_ds, step):
    """A client with the one mandatory cipher suite is served."""
    with step(f"S_LPAd -> SM-DS: a connection with {SUITE} alone"):
        made = sm_ds.handshake(highest=ssl.TLSVersion.TLSv1_2, ciphers=SUITE)
    with step("Expected: a connection with it"):
        require(made.cipher == SUITE, SUITE, made.cipher or made.refusal)


@testcase("ES11.TLS#03", level="read-only")
def test_tls_1_1(sm_ds, step):
    """A client with TLS 1.1 at most is refused."""
    with step("S_LPAd -> SM-DS: a connection with TLS 1.1 at most"):
        made = sm_ds.handshake(highest=ssl.TLSVersion.TLSv1_1)
    with step("Expected: no connection"):
        require(not made.version, "no connection", made.version)


@testcase("ES11.TLS#04", level="read-only")
def test_no_client_certificate(sm_ds, step):
    """A client without a certificate gets an answer."""
    lpa = sm_ds.lpa()
    with step("S_LPAd -> SM-DS: InitiateAuthentication over a new connection"):
        sm_ds.new_connection()
        answer = lpa.initiate()
    with step("Expected: success"):
        answer.accepted()


def flaws(sm_ds, step):
    """Returns the flaws of the TLS certificate, by name."""
    with step("S_LPAd -> SM-DS: a connection"):
        certificate = sm_ds.handshake().certificate
    host = sm_ds.address.rpartition(":")[0] or sm_ds.address
    return set(certificate_expect.of_tls(certificate, Role.DS_TLS, sm_ds.pki, host))


@testcase("ES11.TLS#05", level="read-only")
def test_certificate_is_good(sm_ds, step):
    """The certificate chains to a CI of the run, and is valid now."""
    found = flaws(sm_ds, step) - OF_ROLE - OF_NAME
    with step("Expected: no flaw"):
        require(not found, "a good certificate", ", ".join(sorted(found)))


@testcase("ES11.TLS#06", level="read-only")
def test_role_of_the_certificate(sm_ds, step):
    """The certificate has the role of an SM-DS for TLS."""
    found = flaws(sm_ds, step) & OF_ROLE
    with step("Expected: id-rspRole-ds-tls"):
        require(not found, "id-rspRole-ds-tls", ", ".join(sorted(found)))


@testcase("ES11.TLS#07", level="read-only")
def test_name_of_the_certificate(sm_ds, step):
    """A dNSName of the certificate is the address that was called."""
    found = flaws(sm_ds, step) & OF_NAME
    with step("Expected: the address as dNSName"):
        require(not found, f"dNSName {sm_ds.address}", "others")


@testcase("ES11.TLS#08", level="read-only")
def test_registered_id_of_the_certificate(sm_ds, step):
    """The registeredID of the TLS certificate is that of CERT.DSauth."""
    lpa = sm_ds.lpa()
    with step("S_LPAd -> SM-DS: a connection, and InitiateAuthentication"):
        tls = sm_ds.handshake().certificate.registered_id
        lpa.initiate().accepted()
    with step("Expected: one registeredID"):
        auth = lpa.server_certificate().registered_id
        require(tls is not None and tls == auth, f"registeredID {auth}", str(tls))


@testcase("ES11.TLS#09", level="read-only")
def test_extended_key_usage(sm_ds, step):
    """The extendedKeyUsage of the certificate has serverAuth."""
    found = flaws(sm_ds, step)
    with step("Expected: serverAuth"):
        require("extended_key_usage" not in found, "serverAuth", "not there")
