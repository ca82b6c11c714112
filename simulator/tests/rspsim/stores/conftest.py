"""A card state with a value in every field, made by hand."""

import pytest

from rspcore.crypto.curves import Curve
from rspcore.ids import Aid, Eid, Iccid, Oid
from rspcore.messages.metadata import ProfilePolicyAuthorisationRule, StoreMetadataRequest
from rspsim.euicc.options import Options
from rspsim.euicc.personality import personality_named
from rspsim.euicc.state import (
    Addresses,
    CardState,
    CiCredential,
    OneTimeKey,
    PendingNotification,
    PendingSwitch,
    Profile,
)


def profile(number: int) -> Profile:
    """Makes a profile with a package of 12 kB."""
    return Profile(
        aid=Aid(bytes.fromhex("A0000005591010FFFFFFFF890000") + bytes((0x10 + number, 0))),
        metadata=StoreMetadataRequest(
            iccid=Iccid.from_digits(f"8900012345678901{number:04d}"),
            service_provider_name="Operator",
            profile_name=f"Profile {number}",
            icon=b"\x89PNG" + bytes(500),
        ),
        ci_pkid=bytes(20),
        smdp_oid=Oid("2.999.10"),
        package=bytes((number,)) * 12_000,
        size=12_000,
    )


def notification(number: int) -> PendingNotification:
    """Makes a pending notification."""
    return PendingNotification(
        seq_number=number, event=0, metadata=b"\xbf\x2f\x00", octets=b"\xbf\x37" + bytes(1200)
    )


@pytest.fixture
def state() -> CardState:
    """Returns a state with two profiles and two notifications."""
    return CardState(
        eid=Eid.from_digits("89049032123451234512345678901235"),
        personality=personality_named("v2.5"),
        options=Options(),
        credentials=(
            CiCredential(
                ci_pkid=bytes(20),
                ci_certificate=bytes(600),
                curve=Curve.NIST_P256,
                euicc_scalar=bytes(31) + b"\x01",
                euicc_certificate=bytes(700),
                eum_certificate=bytes(701),
            ),
        ),
        rat=(
            ProfilePolicyAuthorisationRule(
                ppr_ids=frozenset({1}), allowed_operators=(), ppr_flags=frozenset()
            ),
        ),
        addresses=Addresses(root_ds="testrootsmds.example.com"),
        profiles=(profile(1), profile(2)),
        notifications=(notification(7), notification(8)),
        next_seq_number=9,
        one_time_keys=(
            OneTimeKey(
                smdp_oid=Oid("2.999.10"),
                curve=Curve.BRAINPOOL_P256R1,
                public_point=bytes(65),
                scalar=bytes(32),
            ),
        ),
        pending_switch=PendingSwitch(),
    )


@pytest.fixture
def third_profile() -> Profile:
    """Returns a profile the state does not have yet."""
    return profile(3)


@pytest.fixture
def next_notification() -> PendingNotification:
    """Returns the notification that comes next."""
    return notification(9)
