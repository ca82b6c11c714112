"""The card that a command line asks for: new, kept, with other options, or refused."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, LocalError
from rspcore.ids import Eid
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import REFERENCE_EID, make_pki
from rspcore.pki.variants import Variant
from rspsim.card_presets import PRESETS, preset_named
from rspsim.card_setup import CardRequest, changed_options, kept_state
from rspsim.cli.card_lists import print_presets
from rspsim.euicc.options import Options, ResponseMode, SegmentLimit
from rspsim.stores.memory import MemoryStore
from rspsim.stores.sqlite import SqliteStore

sys.path.insert(0, str(Path(__file__).parents[1]))
from evidence import place

OTHER_EID = Eid.from_first_digits("890490321234512345123456789099")
WritePki = Callable[[Pki, Path], None]


def test_empty_store_gets_a_new_card() -> None:
    store = MemoryStore()
    state = kept_state(store, CardRequest())
    assert state.eid == REFERENCE_EID
    assert state.personality.name == "v2.5"
    assert [credential.curve for credential in state.credentials] == list(Curve)
    assert store.load() == state


def test_new_card_has_the_properties_asked_for() -> None:
    request = CardRequest(
        eid=OTHER_EID, personality="v2.2.2", options=("cat-busy=yes", "notification_capacity=7")
    )
    state = kept_state(MemoryStore(), request)
    assert state.eid == OTHER_EID
    assert all(credential.signs for credential in state.credentials)
    assert state.personality.name == "v2.2.2"
    assert state.options.cat_busy
    assert state.options.notification_capacity == 7
    assert state.options.no_result_available, "an option that the personality sets stays"


def test_new_card_claims_what_is_asked_for(tmp_path: Path) -> None:
    request = CardRequest(
        personality="v3.1",
        claims={"mep": "A1 B", "esim_ports": "3", "chain": "A", "without": "rpmSupport"},
        more_root_ds=("two.example.com", "three.example.com"),
    )
    with SqliteStore(tmp_path / "card") as store:
        state = kept_state(store, request)
        kind = state.personality
        assert kind.mep_modes == (MepMode.A1, MepMode.B)
        assert kind.esim_ports == 3
        assert kind.chain is Variant.A
        assert EuiccRspCapability.rpmSupport not in kind.rsp_capability
        assert store.load() == state, "the claims and addresses are kept"
        with pytest.raises(ConfigError, match="mep and esim ports and"):
            kept_state(store, replace(request, personality=None, more_root_ds=()))


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"mep": "A3"}, "mep = 'A3': expected A1, A2, B"),
        ({"mep": ""}, "mep = '': expected A1, A2, B, or several"),
        ({"mep": "A1", "esim_ports": "two"}, "esim_ports = 'two': expected a number"),
        ({"mep": "A1", "esim_ports": "32"}, "expected 2 to 31, got 32"),
        ({"esim_ports": "2"}, "esim_ports: expected mep with it"),
        ({"chain": "D"}, "chain = 'D': expected Ov3, A, B, C or none"),
        ({"lpae": "web"}, "lpae = 'web': expected cat, scws, e4e"),
        ({"without": "nothing"}, "without = nothing: expected bits of EuiccRspCapability"),
    ],
    ids=str,
)
def test_claim_that_no_card_has_is_refused(claims: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        kept_state(MemoryStore(), CardRequest(personality="v3.1", claims=claims))


@pytest.mark.parametrize(
    "request_", [CardRequest(claims={"mep": "A1"}), CardRequest(more_root_ds=("a.example.com",))]
)
def test_card_of_version_2_claims_nothing_of_version_3(request_: CardRequest) -> None:
    with pytest.raises(ConfigError, match="expected a card of version 3"):
        kept_state(MemoryStore(), request_)


def test_kept_card_is_loaded_and_not_written_again(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "card") as store:
        state = kept_state(store, CardRequest(eid=OTHER_EID))
    with SqliteStore(tmp_path / "card") as store:
        written: list[str] = []
        store._database.set_trace_callback(written.append)
        assert kept_state(store, CardRequest()) == state
        assert written == []


def test_request_takes_precedence_over_the_preset() -> None:
    preset = preset_named("old-firmware")
    request = CardRequest(options=("unknown-info-tag-refused=no",)).with_preset(preset)
    state = kept_state(MemoryStore(), request)
    assert state.personality.name == "v2.2.2"
    assert not state.options.unknown_info_tag_refused
    assert CardRequest(personality="v2.6").with_preset(preset).personality == "v2.6"
    small = kept_state(MemoryStore(), CardRequest().with_preset(preset_named("nearly-full")))
    assert small.personality.nvm_size == 16 * 1024


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_presets() == 0
    shown = capsys.readouterr().out
    assert all(f"{one.name} " in shown for one in PRESETS)
    assert "BF38 1500 ms" in shown


def test_kept_card_takes_new_options_and_keeps_them() -> None:
    store = MemoryStore()
    kept_state(store, CardRequest())
    changed = kept_state(store, CardRequest(options=("response_mode=direct",)))
    assert changed.options.response_mode is ResponseMode.DIRECT
    assert kept_state(store, CardRequest()) == changed


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (CardRequest(eid=OTHER_EID), f"holds the card with EID {REFERENCE_EID}, not {OTHER_EID}"),
        (CardRequest(personality="v2.6"), r"holds a card v2\.5, not v2\.6"),
        (CardRequest(rat="empty"), "RAT are chosen for a new one"),
        (CardRequest(enabled="PROFILE_OPERATIONAL1"), "Profiles are chosen for a new one"),
        (CardRequest(default_dp="a.example.com"), "default SM-DP. address are chosen"),
        (CardRequest(memory=8192), "holds a card with 524,288 octets of memory, not 8,192"),
    ],
)
def test_kept_card_cannot_be_made_another_card(other: CardRequest, reason: str) -> None:
    store = MemoryStore()
    state = kept_state(store, CardRequest())
    with pytest.raises(ConfigError, match=reason):
        kept_state(store, other)
    assert store.load() == state


def test_kept_card_is_not_served_with_other_keys(tmp_path: Path, write_pki: WritePki) -> None:
    store = MemoryStore()
    kept_state(store, CardRequest())
    write_pki(make_pki(b"another"), tmp_path)
    with pytest.raises(ConfigError, match="under other CIs than"):
        kept_state(store, CardRequest(pki=tmp_path))


def test_kept_card_is_served_with_its_own_keys(tmp_path: Path, write_pki: WritePki) -> None:
    write_pki(make_pki(), tmp_path)
    store = MemoryStore()
    state = kept_state(store, CardRequest(pki=tmp_path))
    assert kept_state(store, CardRequest(pki=tmp_path)) == state


def test_request_that_the_kept_card_already_meets_is_accepted() -> None:
    store = MemoryStore()
    state = kept_state(store, CardRequest())
    assert kept_state(store, CardRequest(eid=REFERENCE_EID, personality="v2.5")) == state


def test_unknown_personality_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'v9': expected one of .*v2\.5"):
        kept_state(MemoryStore(), CardRequest(personality="v9"))


def test_credentials_are_read_from_a_folder_and_those_below() -> None:
    state = kept_state(MemoryStore(), CardRequest(pki=place("sgp26")))
    assert all(credential.signs for credential in state.credentials)


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("cat_busy=yes", "cat_busy", True),
        ("cat-busy = ON", "cat_busy", True),
        ("reuse_otpk=no", "reuse_otpk", False),
        ("reuse_otpk=false", "reuse_otpk", False),
        ("notification_capacity=0", "notification_capacity", 0),
        ("segment_limit=1036", "segment_limit", SegmentLimit.TOLERANT),
    ],
)
def test_option_with_a_value_is_read(given: str, name: str, value: object) -> None:
    assert changed_options(Options(), [given]) == replace(Options(), **{name: value})


def test_option_given_twice_has_its_last_value() -> None:
    given = ["notification_capacity=1", "notification_capacity=2"]
    assert changed_options(Options(), given).notification_capacity == 2


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("cat_busy", "expected NAME=VALUE, with a name of response_mode, "),
        ("wings=2", "expected NAME=VALUE"),
        ("cat_busy=maybe", "option cat_busy=maybe: expected yes or no"),
        ("notification_capacity=-1", "expected a number"),
        ("notification_capacity=", "expected a number"),
        ("segment_limit=5", "expected 1020 or 1036"),
    ],
)
def test_invalid_option_is_refused_with_the_reason(given: str, reason: str) -> None:
    with pytest.raises(LocalError, match=reason):
        changed_options(Options(), [given])


def test_every_option_can_be_set_to_its_own_value() -> None:
    words = {True: "yes", False: "no"}
    given = [
        f"{name}={words[value] if isinstance(value, bool) else value}"
        for name, value in ((n, getattr(Options(), n)) for n in Options.__slots__)
    ]
    assert changed_options(Options(), given) == Options()
