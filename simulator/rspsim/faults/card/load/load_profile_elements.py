"""Faults of ES8+.LoadProfileElements: segments, memory, mismatches, and what a load leaves."""

from dataclasses import replace
from typing import Final

from rspcore.crypto.keys import PrivateKey
from rspcore.messages.es10c import ProfileState
from rspcore.profile_reader import PackageReader, ProfileElementTlv
from rspcore.profile_reader.network_access import AlgorithmId
from rspsim.euicc import memory
from rspsim.euicc.load import segments
from rspsim.euicc.load.step import Step
from rspsim.euicc.load_progress import Load
from rspsim.euicc.profile_content import installer
from rspsim.euicc.security import one_time_keys
from rspsim.euicc.session import SessionEvent, SessionState
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, leads, skip, swap, together

__all__ = ["FAULTS"]

Fed = tuple[tuple[ProfileElementTlv, ...], PackageReader]


def _whole_elements_only(reader: PackageReader, octets: bytes) -> Fed:
    """Discards the incomplete element at the end of the segment before."""
    return replace(reader, pending=b"").feed(octets)


def _one_element_a_segment(reader: PackageReader, octets: bytes) -> Fed:
    elements, after = reader.feed(octets)
    return elements[:1], after


def _half_a_segment(reader: PackageReader, octets: bytes) -> Fed:
    return reader.feed(octets[:1000])


def _enabled(standing: Load, step: Step) -> Profile:
    made = segments.INSTALLED.standard(standing, step)
    return replace(made, state=ProfileState.enabled)


def _without_files(standing: Load, step: Step) -> Profile:
    made = segments.INSTALLED.standard(standing, step)
    return replace(made, size=0)


def _others_disabled(state: CardState, key: PrivateKey) -> CardState:
    after = one_time_keys.DROPPED.standard(state, key)
    disabled = tuple(replace(one, state=ProfileState.disabled) for one in after.profiles)
    return replace(after, profiles=disabled)


def _less_with_every_number(state: CardState) -> int:
    """Returns 16 octets less free memory for every Notification ever numbered."""
    return memory.FREE.standard(state) - 16 * state.next_seq_number


FAULTS: Final = (
    CardFault(
        "es8p.load-profile-elements.whole-elements-only",
        "An element that continues in the next segment is not accepted.",
        ("ES8+.LoadProfileElements#07",),
        swap(installer.FEED, _whole_elements_only),
    ),
    CardFault(
        "es8p.load-profile-elements.one-element-a-segment",
        "Only the first element that ends in a segment is processed.",
        ("ES8+.LoadProfileElements#08",),
        swap(installer.FEED, _one_element_a_segment),
    ),
    CardFault(
        "es8p.load-profile-elements.segments-cut",
        "No more than 1,000 octets of a segment are processed.",
        ("ES8+.LoadProfileElements#09",),
        swap(installer.FEED, _half_a_segment),
    ),
    CardFault(
        "es8p.load-profile-elements.enabled-at-once",
        "A loaded Profile is Enabled.",
        ("ES8+.LoadProfileElements#01", "ES8+.LoadProfileElements#10"),
        swap(segments.INSTALLED, _enabled),
    ),
    CardFault(
        "es8p.load-profile-elements.others-disabled",
        "A load disables the Profile that is Enabled.",
        ("ES8+.LoadProfileElements#11",),
        swap(one_time_keys.DROPPED, _others_disabled),
    ),
    CardFault(
        "es8p.load-profile-elements.weightless",
        "A Profile takes no memory.",
        ("ES8+.LoadProfileElements#46",),
        swap(segments.INSTALLED, _without_files),
    ),
    CardFault(
        "es8p.load-profile-elements.memory-lost",
        "Each notification made takes memory that is never freed.",
        ("ES8+.LoadProfileElements#45",),
        swap(memory.FREE, _less_with_every_number),
    ),
    CardFault(
        "es8p.load-profile-elements.any-size",
        "A package is accepted whatever its size.",
        ("ES8+.LoadProfileElements#41",),
        swap(installer.FITS, lambda _size, _room: True),
    ),
    CardFault(
        "es8p.load-profile-elements.goes-on-after-the-result",
        "Segments are accepted after a result, and lead to another one.",
        ("ES8+.LoadProfileElements#44",),
        leads(
            SessionEvent.RESULT_MADE,
            {SessionState.LOADING: SessionState.LOADING},
        ),
    ),
    CardFault(
        "es8p.load-profile-elements.operator-mismatch",
        "The operator of the metadata is not compared with EF.IMSI.",
        ("ES8+.LoadProfileElements#35",),
        skip(installer.FINAL_CHECKS, "owner_mcc_mnc"),
    ),
    CardFault(
        "es8p.load-profile-elements.gid1-mismatch",
        "GID1 of the metadata is not compared with EF.GID1.",
        ("ES8+.LoadProfileElements#36", "ES8+.LoadProfileElements#38"),
        skip(installer.FINAL_CHECKS, "owner_gid1"),
    ),
    CardFault(
        "es8p.load-profile-elements.gid2-mismatch",
        "GID2 of the metadata is not compared with EF.GID2.",
        ("ES8+.LoadProfileElements#37",),
        skip(installer.FINAL_CHECKS, "owner_gid2"),
    ),
    CardFault(
        "es8p.load-profile-elements.no-test-algorithm",
        "No key of the USIM test algorithm is accepted as a test key.",
        ("ES8+.LoadProfileElements#40", "ES8+.LoadProfileElements#52"),
        swap(installer.TEST_KEY, lambda key: key.algorithm != AlgorithmId.usim_test),
    ),
    CardFault(
        "es8p.load-profile-elements.header-anywhere",
        "A header is accepted anywhere, and more than once.",
        ("ES8+.LoadProfileElements#14", "Profile.Header#08", "Profile.Header#09"),
        together(
            skip(installer.STREAM_CHECKS, "header_first"), skip(installer.FINAL_CHECKS, "facts")
        ),
    ),
    CardFault(
        "es8p.load-profile-elements.end-cut-short",
        "A package whose last element is cut short is installed.",
        ("ES8+.LoadProfileElements#16",),
        skip(installer.FINAL_CHECKS, "complete"),
    ),
)
