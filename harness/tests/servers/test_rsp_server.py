"""S_SM-DP+: certificates that a case may have revoked."""

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.generate import make_pki
from rspcore.pki.roles import Role
from rspharness.card import expect
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import RspServer

STARTED = RunOptions().started


def test_throw_away_certificates_have_serial_numbers_of_their_own():
    server = RspServer(make_pki(), Curve.NIST_P256, now=STARTED)
    first, second = server.throw_away(1), server.throw_away(2)
    certificates = [made for one in (server, first, second) for made in (one.auth, one.pb)]
    assert len({made.certificate.serial_number for made in certificates}) == 6
    assert first.oid == second.oid == server.oid
    assert first.address == server.address


def test_card_trusts_throw_away_certificates():
    run = Run(RunOptions())
    card = run.open_card(Trace(), Timings())
    server = RspServer(run.pki, Curve.NIST_P256, now=STARTED).throw_away(1 << 39)
    expect.pir_success(server.install(card, "PROFILE_OPERATIONAL1").pir)


def test_bundle_without_the_key_of_the_ci_has_none_to_throw_away():
    kept = tuple(
        Credential(one.certificate) if one.certificate.role is Role.CI else one
        for one in make_pki().credentials
    )
    server = RspServer(Pki(kept), Curve.NIST_P256, now=STARTED)
    with pytest.raises(Inconclusive, match="private key"):
        server.throw_away(1)
