"""Random sequences of commands, held after each against the dictionary card.

One machine is one card, made anew from a state that was made once. Each rule sends a command to
the card and does the same to the dictionary; the invariants compare all that can be observed. Any
command that commits may meet a loss of power at its commit: then the card is as before it or as
after it, and the dictionary goes on with the one that fits.
"""

from copy import deepcopy
from typing import Any

from card_beside_dictionary import (
    FIRST_CONTENT,
    PIN,
    iccid_of,
    losses,
    names,
    one_of_all,
    package,
    resets,
    starts,
)
from dictionary_card import (
    OPERATIONAL,
    PPR1,
    PROVISIONING,
    TEST,
    CodeModel,
    DictionaryCard,
    Expected,
    ProfileModel,
)
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from network_rules import NetworkRules

from rspcore import tlv
from rspcore.ids import Iccid
from rspcore.messages.es10a import SetDefaultDpAddressRequest
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
    ResetOption,
    SetNicknameRequest,
)
from rspcore.messages.notifications import ProfileInstallationResult
from rspharness.lpa.proactive import fetch
from rspsim.euicc.decisions import Decisions
from rspsim.stores.memory import PowerLoss

__all__ = ["CardMachine", "machine_with"]


class CardMachine(NetworkRules):
    """One card beside its dictionary, with every rule."""

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


def machine_with(decisions: Decisions) -> type[CardMachine]:
    """Returns the machine for a card that decides otherwise."""
    return type("CardMachine", (CardMachine,), {"decisions": decisions})
