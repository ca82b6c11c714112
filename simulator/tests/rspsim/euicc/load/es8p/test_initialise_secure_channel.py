"""ES8+.InitialiseSecureChannel, one thing wrong at a time (SGP.22 v2, 5.5.1)."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.bpp import (
    BindingInputs,
    bind,
    control_reference_template,
    initialise_secure_channel,
    segments,
)
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys
from rspcore.crypto.keys import PublicKey
from rspcore.ids import TransactionId
from rspcore.messages.notifications import BppCommandId, ErrorReason, ProfileInstallationResult
from rspcore.tags import Tag

C, E = BppCommandId, ErrorReason
PPK = BspKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
HOST_ID = bytes.fromhex("0102030405060708")


@pytest.fixture
def bench(lab, profile_of):
    """A prepared download: lab, server, otPK and the good pieces."""
    server, profile = lab.server(), profile_of()
    otpk = lab.prepared(server)
    return lab, server, otpk, server.bind(lab, otpk, profile)


def request(lab, server, otpk, **changes):

    template = control_reference_template(
        changes.pop("host_id", HOST_ID),
        key_type=changes.pop("key_type", 0x88),
        key_length=changes.pop("key_length", 0x10),
    )
    return initialise_secure_channel(
        changes.pop("key", server.pb.private_key),
        changes.pop("transaction", server.transaction),
        template,
        changes.pop("point", server.one_time.public),
        PublicKey.from_point(server.curve, changes.pop("own", otpk)),
        **changes,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"remote_op_id": 2}, E.unsupportedRemoteOperationType),
        ({"transaction": TransactionId(b"\x01")}, E.invalidTransactionId),
        ({"key_type": 0x80}, E.unsupportedCrtValues),
        ({"key_length": 0x20}, E.unsupportedCrtValues),
        ({"host_id": bytes(17)}, E.incorrectInputValues),
        ({"host_id": b""}, E.incorrectInputValues),
    ],
)
def test_wrong_value_of_the_channel_request_is_refused(bench, changes, reason):
    lab, server, otpk, pieces = bench
    wrong = replace(pieces, initialise_secure_channel=request(lab, server, otpk, **changes))
    assert lab.refusal_of(wrong) == (C.initialiseSecureChannel, reason)
    metadata = ProfileInstallationResult.decode(lab.state.notifications[-1].octets).data
    assert metadata.notification_metadata.iccid is None


def test_channel_request_signed_by_another_key_is_refused(bench):
    lab, server, otpk, pieces = bench
    wrong = request(lab, server, otpk, key=server.auth.private_key)
    pieces = replace(pieces, initialise_secure_channel=wrong)
    assert lab.refusal_of(pieces) == (C.initialiseSecureChannel, E.invalidSignature)


def test_channel_request_for_another_one_time_key_is_refused(bench):
    lab, server, otpk, pieces = bench
    wrong = request(lab, server, otpk, own=server.one_time.public.point)
    pieces = replace(pieces, initialise_secure_channel=wrong)
    assert lab.refusal_of(pieces) == (C.initialiseSecureChannel, E.invalidSignature)


@pytest.mark.parametrize("point", [b"\x04" + bytes(64), b"\x02" + bytes(32), b""])
def test_invalid_point_is_refused(bench, point):
    lab, server, otpk, pieces = bench
    good = tlv.parse(pieces.initialise_secure_channel).children()
    parts = [bytes(one.raw) for one in good]
    parts[3] = tlv.encode(Tag.OneTimePublicKey, point)
    own = tlv.encode(Tag.OneTimePublicKey, otpk)
    parts[4] = tlv.encode(Tag.Signature, server.pb.private_key.sign(b"".join(parts[:4]) + own))
    wrong = replace(pieces, initialise_secure_channel=tlv.encode(0xBF23, *parts))
    assert lab.refusal_of(wrong) == (C.initialiseSecureChannel, E.incorrectInputValues)


def test_point_on_the_other_curve_is_refused(bench):
    lab, server, otpk, pieces = bench
    other = lab.server(Curve.BRAINPOOL_P256R1).one_time.public
    wrong = replace(pieces, initialise_secure_channel=request(lab, server, otpk, point=other))
    assert lab.refusal_of(wrong) == (C.initialiseSecureChannel, E.incorrectInputValues)


def test_host_id_of_any_allowed_length_is_used(lab, profile_of):
    for number, length in enumerate((1, 16)):
        server, profile = lab.server(), profile_of(number)
        inputs = BindingInputs(
            key_dp=server.pb.private_key,
            transaction_id=server.transaction,
            otsk_dp=server.one_time,
            otpk_euicc=PublicKey.from_point(server.curve, lab.prepared(server)),
            eid=lab.state.eid,
            host_id=bytes(range(length)),
            metadata=profile.metadata.encode(),
            upp=profile.upp,
        )
        data, _ = lab.load(segments(bind(inputs).encode()))
        assert lab.success_of(data)
