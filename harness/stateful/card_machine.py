"""Random sequences of commands, held after each against the dictionary card.

One machine is one card, made anew from a state that was made once. Each rule sends a command to
the card and does the same to the dictionary; the invariants compare all that can be observed. Any
command that commits may meet a loss of power at its commit: then the card is as before it or as
after it, and the dictionary goes on with the one that fits.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from dictionary_card import (
    OPERATIONAL,
    PIN_TRIES,
    PPR1,
    PROVISIONING,
    TEST,
    CodeModel,
    DictionaryCard,
    Expected,
    ProfileModel,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.crypto.curves import Curve
from rspcore.ids import Iccid
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest, SetDefaultDpAddressRequest
from rspcore.messages.es10b import (
    GetEuiccChallengeRequest,
    ListNotificationRequest,
    NotificationSentRequest,
    RetrieveNotificationsListRequest,
)
from rspcore.messages.es10b.notification_list import SearchCriteria
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DisableProfileRequest,
    EnableProfileRequest,
    EuiccMemoryResetRequest,
    ProfileIdentifier,
    ProfileState,
    ResetOption,
    SetNicknameRequest,
)
from rspcore.messages.notifications import ProfileInstallationResult
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, TestProfile, make_profile
from rspcore.profile_maker.editing import inserted
from rspharness.card.card_under_test import Card
from rspharness.card.free_memory import free_memory
from rspharness.lpa.proactive import fetch
from rspharness.servers.rsp_server import RspServer
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.euicc.state import CardState
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore, Moment, PowerLoss, PowerLost

__all__ = ["CardMachine", "machine_with"]

PROFILES: Final = (
    "PROFILE_OPERATIONAL1",
    "PROFILE_OPERATIONAL2",
    "PROFILE_OPERATIONAL3",
    "PROFILE_OPERATIONAL1.1",
    "PROFILE_OPERATIONAL4",
    "PROFILE_TEST1",
    "PROFILE_PROVISIONING1",
)
"""Profiles that are loaded; 1 and 1.1 share an ICCID, 1.1 has PPR2 and 4 has PPR1."""
ABSENT: Final = "8929901099999999990"
"""ICCID of no Profile."""
PIN, OTHER_PIN = b"0000\xff\xff\xff\xff", b"4711\xff\xff\xff\xff"
WRONG_PIN, PUK, WRONG_PUK = b"9876\xff\xff\xff\xff", b"11111111", b"12345678"
PROTECTED: Final = "2F20"
FIRST_CONTENT: Final = bytes(range(0xA0, 0xA8))
MOST_WAITING: Final = 24
"""Notifications that may wait: a card may drop the oldest of more."""
MOMENTS: Final = (Moment.BEFORE, Moment.TORN, Moment.AFTER)

names = st.sampled_from(PROFILES)
pins = st.sampled_from((PIN, OTHER_PIN, WRONG_PIN))
losses = st.integers(0, 23).map(
    lambda n: None if n < 18 else PowerLoss(n % 2 + 1, MOMENTS[(n - 18) // 2])
)
"""A loss of power in one act of four, at its first commit or its second."""
starts = st.sampled_from(
    (
        ("PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_TEST1"),
        ("PROFILE_OPERATIONAL1.1", "PROFILE_OPERATIONAL3"),
        ("PROFILE_OPERATIONAL4", "PROFILE_PROVISIONING1", "PROFILE_TEST1"),
        ("PROFILE_OPERATIONAL4", "PROFILE_OPERATIONAL2"),
        ("PROFILE_OPERATIONAL2", "PROFILE_TEST1"),
    )
)
"""What a card begins with."""
resets = st.sampled_from(
    [
        frozenset(ResetOption(n) for n in numbers)
        for numbers in ((2,), (1,), (1, 2), (0,), (0, 1, 2))
    ]
)
"""Options of a memory reset; those that leave more come first."""
one_of_all = st.integers(0, 7)
"""A Profile on the card, whichever there are; 7 for one that is not there."""


@cache
def package(name: str) -> TestProfile:
    """Returns a Profile with a file that PIN1 protects, 2F20 below the MF."""
    made = make_profile(PRESETS[name])
    fcp = (
        tlv.encode(0x82, bytes.fromhex("4121")),
        tlv.encode(0x83, bytes.fromhex(PROTECTED)),
        tlv.encode(0x8B, bytes.fromhex("2F0605")),
        tlv.encode(0x80, bytes((len(FIRST_CONTENT),))),
        tlv.encode(0x88),
    )
    script = tlv.encode(0x62, *fcp) + tlv.encode(0x81, FIRST_CONTENT)
    header = tlv.encode(0xA0, tlv.encode(0x80), tlv.encode(0x81, b"\x7f"))
    element = tlv.encode(0xA1, header, tlv.encode(0xA1, tlv.encode(0x30, script)))
    upp = inserted(made.upp, element, before="securityDomain")
    return TestProfile(made.parameters, upp, made.metadata)


def iccid_of(name: str) -> str:
    """Returns the ICCID of a Profile."""
    return str(PRESETS[name].iccid)


@cache
def first_state() -> tuple[CardState, Any]:
    """Returns the state of a new card and the credentials of its world."""
    pki = make_pki(curves=(Curve.NIST_P256,))
    return personalise(pki), pki


@dataclass(frozen=True)
class Observed:
    """All that an LPA sees of the lasting state."""

    profiles: dict[str, tuple[bool, str, int]]
    notifications: dict[int, tuple[int, str]]
    address: str


class Cable:
    """The link to a card that loses its power where the store says so."""

    def __init__(self, state: CardState, decisions: Decisions) -> None:
        self.store = MemoryStore(state)
        self._decisions = decisions
        self._cards = 0
        self.insert()

    def insert(self) -> None:
        """Builds the card from what the store kept, as a reboot does."""
        state = self.store.load()
        assert state is not None
        self._cards += 1
        rng = SeededRng(f"card {self._cards}".encode())
        self.card = Euicc(state, self.store, rng, self._decisions)

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on."""
        return self.card.transmit(command)

    def reset(self) -> bytes:
        """Resets the card."""
        return self.card.reset()

    def close(self) -> None:
        """Does nothing."""


class CardMachine(RuleBasedStateMachine):
    """One card beside its dictionary.

    Attributes:
        decisions: What the card decides; a fault swaps some.
        lost: The last act met its loss of power.
    """

    decisions: Decisions = STANDARD

    def __init__(self) -> None:
        super().__init__()
        state, pki = first_state()
        self.cable = Cable(state, self.decisions)
        self.card = Card(self.cable)
        self.server = RspServer(
            pki, Curve.NIST_P256, seed=b"model", now=datetime(2026, 1, 1, tzinfo=UTC)
        )
        self.model = DictionaryCard()
        self.challenges: set[bytes] = set()
        self.free = free_memory(self.card)
        self.lost = False

    @initialize(several=starts, on=st.integers(0, 3), pin=st.booleans(), test=st.booleans())
    def delivered(self, several: tuple[str, ...], on: int, pin: bool, test: bool) -> None:  # noqa: FBT001
        """Begins with some Profiles, one Enabled, perhaps with PIN1, perhaps the test Profile."""
        for name in several:
            self.download(name, None)
        self.switch_on(iccid_of(several[on % len(several)]))
        if pin and self.model.enabled:
            self.toggle(PIN, None)
            self.reset(fetched=False)
        if test and "PROFILE_TEST1" in several:
            self.switch_on(iccid_of("PROFILE_TEST1"))

    def switch_on(self, iccid: str) -> None:
        """Enables a Profile by its ICCID, at once."""
        named = ProfileIdentifier(iccid=Iccid.from_digits(iccid))
        request = EnableProfileRequest(profile_identifier=named, refresh_flag=False)
        self.act(
            lambda: self.card.send(request).enable_result,
            lambda model: model.enable(iccid, refresh=False),
        )

    # What an act is: the same on both sides, and perhaps without power

    def act(
        self,
        send: Callable[[], Any],
        expect: Callable[[DictionaryCard], Expected],
        loss: PowerLoss | None = None,
    ) -> None:
        """Does an act on the card and in the dictionary, and compares.

        Args:
            send: Sends it and returns the result code.
            expect: Does it in the dictionary.
            loss: Loss of power in it, None for none.
        """
        before, after = deepcopy(self.model), self.model
        expected = expect(after)
        self.lost = False
        self.cable.store.arm(loss)
        try:
            code = send()
        except PowerLost:
            self.reboot(before, after, expected)
            return
        finally:
            self.cable.store.arm(None)
        assert code in expected.codes, f"answered {code}, expected one of {sorted(expected.codes)}"
        self.require_refresh(expected)
        self.model.numbered(expected, self.new_notifications())

    def reboot(self, before: DictionaryCard, after: DictionaryCard, expected: Expected) -> None:
        """Puts the card on power again, and finds out whether the act has been done."""
        self.lost = True
        self.cable.insert()
        self.card.forget_channel()
        self.cable.reset()
        problems = []
        for model, made in ((before, Expected()), (after, expected)):
            started = model.restarted()
            made.made += started.made
            made.perhaps += started.perhaps
            self.model = model
            try:
                self.model.numbered(made, self.new_notifications())
                self.require_same()
                self.read_file(further=False)
                self.compare_tries()
            except AssertionError as problem:
                problems.append(str(problem))
            else:
                return
        raise AssertionError(
            "after a loss of power, neither before nor after: " + "; ".join(problems)
        )

    def require_refresh(self, expected: Expected) -> None:
        """Requires the announcement of a REFRESH where one is due, and carries none out."""
        announced = self.card.pending_proactive is not None
        if expected.refresh:
            assert announced, "no REFRESH was announced"
        elif announced and not self.waits:
            command = fetch(self.card)
            raise AssertionError(f"announced without a reason: {command.raw.hex()}")

    def observed(self) -> Observed:
        """Looks at the card."""
        listed = self.card.profiles()
        for one in listed:
            model = self.model.profiles.get(str(one.iccid))
            aid = b"" if one.isdp_aid is None else one.isdp_aid.octets
            if model is not None:
                model.aid = model.aid or aid
                assert model.aid == aid, f"AID of {one.iccid}: {aid.hex()}, was {model.aid.hex()}"
        pending = self.card.notifications()
        address = self.card.send(EuiccConfiguredAddressesRequest()).default_dp_address
        assert len(listed) == len({one.iccid for one in listed}), "an ICCID is listed twice"
        return Observed(
            {
                str(one.iccid): (
                    one.profile_state == ProfileState.enabled,
                    one.profile_nickname or "",
                    OPERATIONAL if one.profile_class is None else one.profile_class,
                )
                for one in listed
            },
            {
                one.seq_number: (*one.profile_management_operation, str(one.iccid))
                for one in pending
            },
            address or "",
        )

    def new_notifications(self) -> dict[int, tuple[int, str]]:
        """Returns what is listed and not known."""
        known = self.model.notifications
        return {n: one for n, one in self.observed().notifications.items() if n not in known}

    @invariant()
    def require_same(self) -> None:
        """The card shows what the dictionary has, and nothing else."""
        seen = self.observed()
        model = self.model
        wanted = {
            iccid: (one.enabled, one.nickname, one.kind) for iccid, one in model.profiles.items()
        }
        assert seen.profiles == wanted, f"Profiles {seen.profiles}, expected {wanted}"
        assert sum(enabled for enabled, _, _ in seen.profiles.values()) <= 1
        waiting = seen.notifications
        assert waiting == model.notifications, f"{waiting}, expected {model.notifications}"
        assert seen.address == model.address, f"address {seen.address!r}, not {model.address!r}"
        aids = [one.aid for one in model.profiles.values()]
        assert len(aids) == len(set(aids)), "two Profiles share an ISD-P"
        if not model.profiles:
            assert free_memory(self.card) == self.free, "memory of deleted Profiles is not free"

    # ES10

    @precondition(lambda self: self.has_room and len(self.model.profiles) < 4)
    @rule(name=names, loss=losses)
    def download(self, name: str, loss: PowerLoss | None) -> None:
        """Downloads a Profile, or one whose ICCID is there."""
        made, iccid = package(name), iccid_of(name)
        rules = frozenset(made.parameters.ppr or ())
        kinds = {one.kind for one in self.model.profiles.values()}
        if PPR1 in rules and OPERATIONAL in kinds and iccid not in self.model.profiles:
            return  # whether the card or the LPA refuses it is open
        kind = made.parameters.profile_class
        assert kind in (OPERATIONAL, TEST, PROVISIONING)
        new = ProfileModel(
            kind=kind,
            rules=rules,
            notifies=bool(made.parameters.notification_configuration),
            pin=CodeModel(PIN),
            file=FIRST_CONTENT,
        )
        present = iccid in self.model.profiles

        def send() -> int:
            session = self.server.authenticated(self.card).prepared()
            loaded = session.load(session.package(made))
            assert loaded.pir is not None, "a load without a ProfileInstallationResult"
            failed = loaded.pir.data.final_result.error_result is not None
            assert failed == present, f"installed: {not failed}, ICCID there before: {present}"
            return 0

        self.act(send, lambda model: model.install(iccid, new), loss)

    def chosen(self, which: int) -> str:
        """Returns the ICCID of one of the Profiles on the card, or of none."""
        there = sorted(self.model.profiles)
        return there[which % len(there)] if there and which < 7 else ABSENT

    @property
    def waits(self) -> bool:
        """Returns whether a switch waits for its REFRESH."""
        return self.model.waiting is not None

    @property
    def has_room(self) -> bool:
        """Returns whether a switch may begin, and its Notifications are kept."""
        return len(self.model.notifications) < MOST_WAITING and not self.waits

    def identifier(self, iccid: str, *, by_aid: bool) -> dict[str, Any]:
        """Returns the parts of a request that name a Profile."""
        model = self.model.profiles.get(iccid)
        if by_aid and model is not None:
            listed = {str(one.iccid): one.isdp_aid for one in self.card.profiles()}
            return {"isdp_aid": listed[iccid]}
        return {"iccid": Iccid.from_digits(iccid)}

    @precondition(lambda self: self.has_room)
    @rule(which=one_of_all, by_aid=st.booleans(), refresh=st.booleans(), loss=losses)
    def enable(self, which: int, by_aid: bool, refresh: bool, loss: PowerLoss | None) -> None:  # noqa: FBT001
        """Enables a Profile."""
        iccid = self.chosen(which)
        named = ProfileIdentifier(**self.identifier(iccid, by_aid=by_aid))
        request = EnableProfileRequest(profile_identifier=named, refresh_flag=refresh)
        self.act(
            lambda: self.card.send(request).enable_result,
            lambda model: model.enable(iccid, refresh=refresh),
            loss,
        )
        self.close_channels()

    @precondition(lambda self: self.has_room)
    @rule(which=one_of_all, by_aid=st.booleans(), refresh=st.booleans(), loss=losses)
    def disable(self, which: int, by_aid: bool, refresh: bool, loss: PowerLoss | None) -> None:  # noqa: FBT001
        """Disables a Profile."""
        iccid = self.chosen(which)
        named = ProfileIdentifier(**self.identifier(iccid, by_aid=by_aid))
        request = DisableProfileRequest(profile_identifier=named, refresh_flag=refresh)
        self.act(
            lambda: self.card.send(request).disable_result,
            lambda model: model.disable(iccid, refresh=refresh),
            loss,
        )
        self.close_channels()

    @precondition(lambda self: self.has_room)
    @rule(which=one_of_all, by_aid=st.booleans(), loss=losses)
    def delete(self, which: int, by_aid: bool, loss: PowerLoss | None) -> None:  # noqa: FBT001
        """Deletes a Profile; not a provisioning one, for which the text leaves it open."""
        iccid = self.chosen(which)
        if iccid == iccid_of("PROFILE_PROVISIONING1"):
            return
        request = DeleteProfileRequest(**self.identifier(iccid, by_aid=by_aid))
        self.act(
            lambda: self.card.send(request).delete_result, lambda model: model.delete(iccid), loss
        )

    @precondition(lambda self: self.has_room and len(self.model.profiles) != 1)
    @rule(options=resets, loss=losses)
    def memory_reset(self, options: frozenset[ResetOption], loss: PowerLoss | None) -> None:
        """Resets the memory; a REFRESH that it asks for is carried out by a reset."""
        self.act(
            lambda: self.card.send(EuiccMemoryResetRequest(reset_options=options)).reset_result,
            lambda model: model.memory_reset(
                operational=ResetOption.deleteOperationalProfiles in options,
                tests=ResetOption.deleteFieldLoadedTestProfiles in options,
                address=ResetOption.resetDefaultSmdpAddress in options,
            ),
            loss,
        )
        if self.card.pending_proactive is not None:
            self.reset(fetched=True)
        else:
            self.close_channels()

    @precondition(lambda self: not self.waits)
    @rule(which=one_of_all, text=st.sampled_from(("", "home", "é" * 64)), loss=losses)
    def nickname(self, which: int, text: str, loss: PowerLoss | None) -> None:
        """Sets or removes a nickname."""
        iccid = self.chosen(which)
        request = SetNicknameRequest(iccid=Iccid.from_digits(iccid), profile_nickname=text)
        self.act(
            lambda: self.card.send(request).set_nickname_result,
            lambda model: model.nickname(iccid, text),
            loss,
        )

    @rule(text=st.sampled_from(("", "smdp.example.com", "other.example.org")), loss=losses)
    def address(self, text: str, loss: PowerLoss | None) -> None:
        """Sets or removes the default SM-DP+ address."""

        def expect(model: DictionaryCard) -> Expected:
            model.address = text
            return Expected()

        request = SetDefaultDpAddressRequest(default_dp_address=text)
        self.act(lambda: self.card.send(request).set_default_dp_address_result, expect, loss)

    @rule(place=st.integers(0, 30), beyond=st.booleans(), loss=losses)
    def remove_notification(self, place: int, beyond: bool, loss: PowerLoss | None) -> None:  # noqa: FBT001
        """Removes a Notification that waits, or one that does not."""
        waiting = sorted(self.model.notifications)
        number = self.model.highest + 1 + place
        if waiting and not beyond:
            number = waiting[place % len(waiting)]
        request = NotificationSentRequest(seq_number=number)
        self.act(
            lambda: self.card.send(request).delete_notification_status,
            lambda model: model.remove(number),
            loss,
        )

    @rule()
    def remove_all_notifications(self) -> None:
        """Delivers everything."""
        for number in sorted(self.model.notifications):
            request = NotificationSentRequest(seq_number=number)
            assert self.card.send(request).delete_notification_status == 0
            del self.model.notifications[number]

    @rule(events=st.frozensets(st.integers(0, 3)))
    def list_by_event(self, events: frozenset[int]) -> None:
        """Lists the Notifications of some events, of none: those of no event or all."""
        request = ListNotificationRequest(profile_management_operation=events)
        listed = self.card.send(request).notification_metadata_list or ()
        seen = {one.seq_number for one in listed}
        wanted = {n for n, (event, _) in self.model.notifications.items() if event in events}
        allowed = [wanted] if events else [wanted, set(self.model.notifications)]
        assert seen in allowed, f"events {sorted(events)}: {sorted(seen)}, not {sorted(wanted)}"

    @rule(number=st.integers(0, 30))
    def retrieve_by_number(self, number: int) -> None:
        """Retrieves the Notification of one number."""
        waiting = sorted(self.model.notifications)
        wanted = waiting[number % len(waiting)] if waiting else number + self.model.highest + 1
        criteria = SearchCriteria(seq_number=wanted)
        answer = self.card.send(RetrieveNotificationsListRequest(search_criteria=criteria))
        found = answer.notification_list or ()
        assert len(found) == bool(waiting), f"{len(found)} Notifications of number {wanted}"
        for one in found:
            known = ProfileInstallationResult.TAG
            tag, _, _ = tlv.read_header(one)
            inner = tlv.parse(one).children()[0]
            metadata = inner.find(0xBF2F) if tag == known else inner
            assert metadata is not None
            number_of = metadata.find(0x80)
            assert number_of is not None
            assert int.from_bytes(number_of.value, "big") == wanted

    @rule()
    def challenge(self) -> None:
        """Asks for a challenge, which never was there before."""
        got = self.card.send(GetEuiccChallengeRequest()).euicc_challenge
        assert got not in self.challenges, f"challenge {got.hex()} comes again"
        self.challenges.add(got)

    # Resets and channels

    @rule(fetched=st.booleans())
    def reset(self, fetched: bool) -> None:  # noqa: FBT001
        """Resets the card, as a terminal does for a REFRESH, fetched or not."""
        if fetched and self.card.pending_proactive is not None:
            fetch(self.card)
        self.card.reset()
        expected = self.model.restarted()
        self.model.numbered(expected, self.new_notifications())

    @precondition(lambda self: self.waits)
    @rule(name=names)
    def switch_while_one_waits(self, name: str) -> None:
        """A second switch before the REFRESH: refused, or ended without effect (catBusy)."""
        named = ProfileIdentifier(iccid=Iccid.from_digits(iccid_of(name)))
        request = EnableProfileRequest(profile_identifier=named, refresh_flag=True)
        code = self.card.send(request).enable_result
        assert code != 0, "a second switch is accepted while the first one waits"

    @precondition(lambda self: self.waits)
    @rule()
    def cut_while_switch_waits(self) -> None:
        """Takes the power away before the REFRESH: a reset stands for it."""
        self.reboot(deepcopy(self.model), self.model, Expected())

    @precondition(lambda self: len(self.model.channels) < 2 and not self.waits)
    @rule()
    def open_channel(self) -> None:
        """Opens one more channel."""
        answer = self.card.apdu("0070000001")
        assert answer.sw == 0x9000, f"MANAGE CHANNEL: {answer.sw:04X}"
        number = answer.data[0]
        assert number not in (*self.model.channels, self.card.number, 0)
        self.model.channels.add(number)

    @precondition(lambda self: self.model.channels)
    @rule()
    def close_channel(self) -> None:
        """Closes a channel, after which it takes no command."""
        number = max(self.model.channels)
        answer = self.card.apdu(f"007080{number:02X}")
        assert answer.sw == 0x9000, f"close of channel {number}: {answer.sw:04X}"
        self.model.channels.remove(number)
        answer = self.card.apdu(f"{number:02X}A40004023F00")
        assert answer.sw == 0x6881, f"SELECT on a closed channel: {answer.sw:04X}"
        if not self.waits:
            self.read_file(further=False)

    def close_channels(self) -> None:
        """Closes all channels but two after a switch, which may have closed some."""
        for number in sorted(self.model.channels):
            self.card.apdu(f"007080{number:02X}")
        self.model.channels = set()

    # The UICC of the Enabled Profile

    def channel(self, further: bool) -> int:  # noqa: FBT001
        """Returns a channel to send on."""
        return max(self.model.channels) if further and self.model.channels else 0

    def on(self, channel: int, text: str) -> ResponseApdu:
        """Sends a command of class 0X on a channel."""
        return self.card.apdu(f"{channel:02X}{text}")

    def selected(self, channel: int) -> ResponseApdu:
        """Selects the file of PIN1."""
        self.on(channel, "A40004023F00")
        return self.on(channel, f"A4000402{PROTECTED}")

    @precondition(lambda self: not self.waits)
    @rule(further=st.booleans())
    def read_file(self, further: bool) -> None:  # noqa: FBT001
        """Reads the file of PIN1, which the Enabled Profile alone has."""
        channel = self.channel(further)
        answer = self.selected(channel)
        if not self.model.enabled:
            assert answer.sw == 0x6A82, f"a file without a Profile: {answer.sw:04X}"
            return
        assert answer.sw == 0x9000, f"SELECT: {answer.sw:04X}"
        got = self.on(channel, "B0000008")
        content = self.model.profiles[self.model.enabled].file
        may = self.model.may_read
        if may is None:
            assert got.sw in (0x9000, 0x6982), f"READ BINARY: {got.sw:04X}"
        elif may:
            assert (got.sw, got.data) == (0x9000, content), f"{got.sw:04X} {got.data.hex()}"
        else:
            assert (got.sw, got.data) == (0x6982, b""), f"{got.sw:04X} {got.data.hex()}"

    @precondition(lambda self: self.model.enabled and not self.waits)
    @rule(further=st.booleans(), octets=st.binary(min_size=8, max_size=8), loss=losses)
    def update_file(self, further: bool, octets: bytes, loss: PowerLoss | None) -> None:  # noqa: FBT001
        """Updates the file of PIN1."""
        if self.model.may_read is None:
            return
        channel = self.channel(further)

        def send() -> int:
            self.selected(channel)
            return self.on(channel, f"D6000008{octets.hex()}").sw

        def expect(model: DictionaryCard) -> Expected:
            if not model.may_read:
                return Expected(codes=frozenset({0x6982}))
            model.profiles[model.enabled].file = octets
            return Expected(codes=frozenset({0x9000}))

        old = self.model.profiles[self.model.enabled].file
        self.act(send, expect, loss)
        if self.lost and self.model.code.enabled and self.model.code.tries:
            self.verify(self.model.code.value, None)
            got = self.content()
            assert got in (old, octets), f"content {got.hex()}: neither before nor after"
            self.model.profiles[self.model.enabled].file = got
        self.compare_file()

    def compare_file(self) -> None:
        """Requires the content of the file, where it can be read."""
        if self.model.enabled and self.model.may_read:
            got = self.content()
            assert got == self.model.profiles[self.model.enabled].file, f"content {got.hex()}"

    def content(self) -> bytes:
        """Returns the content of the file, which is open."""
        self.selected(0)
        return self.on(0, "B0000008").data

    def settle_value(self, old: bytes, new: bytes) -> None:
        """Finds out which value PIN1 has after a loss of power, which may cost a try."""
        code = self.model.code
        if not self.lost or old == new or not code.enabled or not code.tries:
            return
        answer = self.on(0, f"20000108{new.hex()}").sw
        code.value = new if answer == 0x9000 else old
        refusal = self.model.counted(new)
        self.model.verified = refusal is None
        assert answer in (refusal or {0x9000}), f"VERIFY PIN after a loss: {answer:04X}"

    def code_act(
        self,
        text: str,
        present: Callable[[DictionaryCard], frozenset[int] | None],
        effect: Callable[[DictionaryCard], object] = bool,
        loss: PowerLoss | None = None,
    ) -> None:
        """Sends a command with a code, and requires the tries left of PIN and PUK.

        Args:
            text: The command without its class octet.
            present: Presents the code in the dictionary.
            effect: What a right one does besides.
            loss: Loss of power, None for none.
        """

        def expect(model: DictionaryCard) -> Expected:
            refusal = present(model)
            if refusal is None:
                effect(model)
            return Expected(codes=refusal or frozenset({0x9000}))

        self.act(lambda: self.on(0, text).sw, expect, loss)
        self.compare_tries()

    def compare_tries(self) -> None:
        """Requires the tries left of PIN and PUK, which a question does not cost."""
        if not self.model.enabled:
            return
        code = self.model.code
        left = {0x63C0 | code.puk_tries} if code.puk_tries else {0x6983, 0x63C0}
        answer = self.on(0, "2C0001").sw
        assert answer in left, f"tries of the PUK: {answer:04X}, not {code.puk_tries}"
        if code.enabled and self.model.verified is False:
            left = {0x63C0 | code.tries} if code.tries else {0x6983, 0x63C0}
            answer = self.on(0, "200001").sw
            assert answer in left, f"tries of the PIN: {answer:04X}, not {code.tries}"

    @precondition(lambda self: self.model.enabled and not self.waits and self.model.code.enabled)
    @rule(value=pins, loss=losses, times=st.integers(1, 3))
    def verify(self, value: bytes, loss: PowerLoss | None, times: int = 1) -> None:
        """Verifies PIN1, perhaps several times with the same value."""

        def effect(model: DictionaryCard) -> None:
            model.verified = True

        for number in range(times):
            if self.model.code.enabled:
                last = loss if number == times - 1 else None
                self.code_act(f"20000108{value.hex()}", lambda m: m.counted(value), effect, last)

    @precondition(lambda self: self.model.enabled and not self.waits and self.model.code.enabled)
    @rule(value=pins, new=pins, loss=losses)
    def change(self, value: bytes, new: bytes, loss: PowerLoss | None) -> None:
        """Changes PIN1."""

        def effect(model: DictionaryCard) -> None:
            model.code.value, model.verified = new, None if not model.verified else True

        text = f"24000110{value.hex()}{new.hex()}"
        old = self.model.code.value
        self.code_act(text, lambda m: m.counted(value), effect, loss)
        self.settle_value(old, new)

    @precondition(lambda self: self.model.enabled and not self.waits)
    @rule(value=pins, loss=losses)
    def toggle(self, value: bytes, loss: PowerLoss | None) -> None:
        """Enables PIN1, or disables it."""
        enabled = self.model.code.enabled

        def effect(model: DictionaryCard) -> None:
            model.code.enabled, model.verified = not enabled, None

        text = f"{'26' if enabled else '28'}000108{value.hex()}"
        self.code_act(text, lambda m: m.counted(value), effect, loss)
        if self.lost and self.model.enabled and not self.model.code.enabled:
            self.settle_tries(was_last=self.model.code.tries <= 1)

    def settle_tries(self, *, was_last: bool) -> None:
        """Enables PIN1 after a loss of power: tries of a disabled PIN cannot be asked for."""
        code = self.model.code
        answer = self.on(0, f"28000108{code.value.hex()}").sw
        blocked = answer == 0x6983
        assert answer == 0x9000 or (blocked and was_last), f"ENABLE PIN after a loss: {answer:04X}"
        code.tries, code.enabled = 0 if blocked else PIN_TRIES, not blocked
        self.model.verified = self.model.verified if blocked else None

    @precondition(lambda self: self.model.enabled and not self.waits)
    @rule(right=st.booleans(), value=pins, loss=losses)
    def unblock(self, right: bool, value: bytes, loss: PowerLoss | None) -> None:  # noqa: FBT001
        """Unblocks PIN1."""
        puk, old = PUK if right else WRONG_PUK, self.model.code.value
        self.code_act(
            f"2C000110{puk.hex()}{value.hex()}",
            lambda m: m.unblocked(right=right, value=value),
            loss=loss,
        )
        self.settle_value(old, value)


def machine_with(decisions: Decisions) -> type[CardMachine]:
    """Returns the machine for a card that decides otherwise."""
    return type("CardMachine", (CardMachine,), {"decisions": decisions})
