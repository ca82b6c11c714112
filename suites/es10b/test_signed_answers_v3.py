"""ES10b.VerifySmdpResponse and VerifyProfileRecovery: what the server signed, and no more."""

from rspcore import tlv
from rspcore.ids import Iccid, TransactionId
from rspcore.messages.v3.device_change import (
    RetryData,
    SmdpSigned6,
    VerifyError,
)
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import device_change as dc

UNKNOWN = Iccid.from_digits("8929909999999999999")
OTHER = TransactionId(bytes(16))


def retry(session, transaction_id=None):
    """Returns smdpSigned6 (30): ask again in 15 minutes."""
    data = RetryData(retry_delay=15, dc_session_id=b"\x01\x02")
    named = session.transaction_id if transaction_id is None else transaction_id
    return SmdpSigned6(transaction_id=named, request_specific_data=data.encode()).encode()


def delayed(card, session, *, transaction_id=None, covered=True, change=lambda octets: octets):
    """Sends VerifySmdpResponse and returns the answer."""
    whole = dc.signed_answer(session, retry(session, transaction_id), covered=covered)
    return card.ask(change(tlv.encode(Tag.VerifySmdpResponse, whole)))


def recovered(card, session, *, transaction_id=None, covered=True, change=lambda octets: octets):
    """Sends VerifyProfileRecovery and returns the answer."""
    signed = dc.smdp_signed4(
        session, transaction_id=transaction_id, activation_code=dc.ACTIVATION_CODE
    )
    whole = dc.signed_answer(session, signed, covered=covered)
    return card.ask(change(tlv.encode(Tag.VerifyProfileRecovery, whole)))


def context_for(send, iccid):
    """Returns ctxParams1 that a function needs."""
    return dc.change_context(iccid) if send is delayed else dc.recovery_context(UNKNOWN)


@testcase.each(
    "send",
    {
        "ES10b.VerifySmdpResponse#01": delayed,
        "ES10b.VerifyProfileRecovery#01": recovered,
        "procedure.DeviceChange#03": recovered,
    },
)
def test_signed_answer_is_accepted(card, given, server, note, step, send):
    """A signed answer of the server is accepted, its signature over one of two forms."""
    (one,) = given.profiles(dc.movable_at(server))
    for covered in (True, False):
        session = dc.opened(server, card, context_for(send, one.iccid))
        with step("S_LPAd -> eUICC: the answer of the server"):
            response = send(card, session, covered=covered)
        if expect.code_of(response) != VerifyError.invalidSignature:
            break
    with step("Expected: ok"):
        note(f"signature with{'' if covered else 'out'} euiccSignature1")
        expect.ok(response)


@testcase.each(
    "send",
    {"ES10b.VerifySmdpResponse#02": delayed, "ES10b.VerifyProfileRecovery#02": recovered},
)
@testcase.both_curves
def test_altered_signature_of_an_answer(card, given, server, step, send):
    """An altered signature gives invalidSignature(2)."""
    (one,) = given.profiles(dc.movable_at(server))
    session = dc.opened(server, card, context_for(send, one.iccid))
    with step("S_LPAd -> eUICC: the answer of the server, signature altered"):
        response = send(card, session, change=lambda each: tlv_edit.flipped(each, Tag.Signature))
    with step("Expected: invalidSignature(2)"):
        expect.error(response, VerifyError.invalidSignature)


@testcase.each(
    "send",
    {"ES10b.VerifySmdpResponse#03": delayed, "ES10b.VerifyProfileRecovery#03": recovered},
)
def test_answer_without_a_session(card, given, server, step, send):
    """Without a session the answer is noSession(4)."""
    (one,) = given.profiles(dc.movable_at(server))
    session = dc.opened(server, card, context_for(send, one.iccid))
    card.reset()
    with step("S_LPAd -> eUICC: the answer of the server after a reset"):
        response = send(card, session)
    with step("Expected: noSession(4)"):
        expect.error(response, VerifyError.noSession)


@testcase.each(
    "send",
    {"ES10b.VerifySmdpResponse#04": delayed, "ES10b.VerifyProfileRecovery#04": recovered},
)
def test_answer_for_another_transaction(card, given, server, step, send):
    """Another TransactionID gives invalidTransactionId(5)."""
    (one,) = given.profiles(dc.movable_at(server))
    for covered in (True, False):
        session = dc.opened(server, card, context_for(send, one.iccid))
        with step("S_LPAd -> eUICC: the answer of the server, another transactionId"):
            response = send(card, session, transaction_id=OTHER, covered=covered)
        if expect.code_of(response) != VerifyError.invalidSignature:
            break
    with step("Expected: invalidTransactionId(5)"):
        expect.error(response, VerifyError.invalidTransactionId)
