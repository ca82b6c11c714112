"""A card as a dictionary: what an eUICC has to be after each act, by the text and nothing else.

The model knows no octets. It holds Profiles, Notifications, codes and files as plain values, and
each method says what an act is answered with and changes the values. What the text leaves open is
answered with a set of codes, or with Notifications that may or may not be there.

Source: SGP.22 v2, 2.4.5, 2.9, 3.5, 5.7.9 to 5.7.20; ETSI TS 102 221, 9.5 and 11.1.
"""

from dataclasses import dataclass, field
from typing import Final

__all__ = ["CodeModel", "DictionaryCard", "Expected", "ProfileModel"]

OPERATIONAL, TEST, PROVISIONING = 2, 0, 1
INSTALL, ENABLE, DISABLE, DELETE = 0, 1, 2, 3
PPR1, PPR2 = 1, 2
OK, NOT_FOUND, WRONG_STATE, BY_POLICY, WRONG_PROFILE = 0, 1, 2, 3, 4
PIN_TRIES: Final = 3
PUK_TRIES: Final = 10

Made = tuple[int, str]
"""A Notification before it has a number: its event, and the ICCID of its Profile."""


@dataclass
class CodeModel:
    """PIN1 of a Profile.

    Attributes:
        value: The value, 8 octets.
        enabled: Whether it protects anything.
        tries: Tries left of the PIN.
        puk_tries: Tries left of its PUK.
    """

    value: bytes
    enabled: bool = False
    tries: int = PIN_TRIES
    puk_tries: int = PUK_TRIES


@dataclass
class ProfileModel:
    """A Profile on the card.

    Attributes:
        kind: Its class.
        rules: Its policy rules.
        notifies: Whether its metadata ask for Notifications of every event.
        enabled: Its state.
        nickname: Its nickname.
        aid: AID of its ISD-P, as it was listed first.
        pin: PIN1.
        file: Content of the file that PIN1 protects.
        numbers: SEQ accepted last of each index of sequence numbers.
    """

    kind: int
    rules: frozenset[int]
    notifies: bool
    pin: CodeModel
    file: bytes
    enabled: bool = False
    nickname: str = ""
    aid: bytes = b""
    numbers: dict[int, int] = field(default_factory=dict)


@dataclass
class Expected:
    """What an act has to bring.

    Attributes:
        codes: Results that the text allows.
        made: Notifications that come to be, in any order.
        perhaps: Further ones that may come, all or none.
        refresh: A REFRESH has to be announced.
    """

    codes: frozenset[int] = frozenset({OK})
    made: list[Made] = field(default_factory=list)
    perhaps: list[Made] = field(default_factory=list)
    refresh: bool = False


def _refused(*codes: int) -> Expected:
    return Expected(codes=frozenset(codes))


@dataclass
class DictionaryCard:
    """The whole card.

    Attributes:
        profiles: Profiles by ICCID.
        notifications: Event and ICCID of what is pending, by number.
        highest: Highest number that a Notification ever had; -1 before the first.
        address: Default SM-DP+ address; empty for none.
        return_to: ICCID of the operational Profile to go back to after test Profiles, or empty.
        waiting: Switch that waits for its REFRESH: the ICCID to disable and the one to enable.
        verified: PIN1 is verified in this card session; None where the text does not say.
        channels: Channels opened and not closed, besides that of the ISD-R.
    """

    profiles: dict[str, ProfileModel] = field(default_factory=dict)
    notifications: dict[int, Made] = field(default_factory=dict)
    highest: int = -1
    address: str = ""
    return_to: str = ""
    waiting: tuple[str, str] | None = None
    verified: bool | None = False
    channels: set[int] = field(default_factory=set)

    @property
    def enabled(self) -> str:
        """Returns the ICCID of the Enabled Profile; empty for none."""
        return next((iccid for iccid, one in self.profiles.items() if one.enabled), "")

    # Profiles

    def install(self, iccid: str, new: ProfileModel) -> Expected:
        """Installs a Profile, or is refused because its ICCID is there; a result waits."""
        if iccid in self.profiles:
            return Expected(made=[(INSTALL, iccid)])
        self.profiles[iccid] = new
        return Expected(made=[(INSTALL, iccid)] * (1 + new.notifies))

    def enable(self, iccid: str, *, refresh: bool) -> Expected:
        """Enables a Profile: at once, or when the REFRESH is done."""
        target, now = self.profiles.get(iccid), self.enabled
        if target is None:
            return _refused(NOT_FOUND)
        if target.enabled:
            return _refused(WRONG_STATE)
        active = self.profiles.get(now)
        if active is not None and active.kind == TEST:
            if target.kind != TEST and iccid != self.return_to:
                return _refused(WRONG_PROFILE)
        elif active is not None and PPR1 in active.rules and target.kind == OPERATIONAL:
            return _refused(BY_POLICY)
        return self._switch(now, iccid, refresh=refresh)

    def disable(self, iccid: str, *, refresh: bool) -> Expected:
        """Disables a Profile; after a test Profile the operational one before it is Enabled."""
        target = self.profiles.get(iccid)
        if target is None:
            return _refused(NOT_FOUND)
        if not target.enabled:
            return _refused(WRONG_STATE)
        if PPR1 in target.rules and target.kind != TEST:
            return _refused(BY_POLICY)
        return self._switch(iccid, "", refresh=refresh)

    def _switch(self, off: str, on: str, *, refresh: bool) -> Expected:
        if refresh:
            self.waiting = (off, on)
            return Expected(refresh=True)
        return self._switched(off, on)

    def _switched(self, off: str, on: str) -> Expected:
        """Carries a switch out."""
        made: list[Made] = []
        perhaps: list[Made] = []
        before = self.profiles.get(off)
        if before is not None:
            before.enabled = False
            made += self._notified(before, DISABLE, off)
        after = self.profiles.get(on)
        if after is not None:
            after.enabled = True
            made += self._notified(after, ENABLE, on)
            if after.kind == TEST and (before is None or before.kind != TEST):
                self.return_to = off if before is not None and before.kind == OPERATIONAL else ""
            elif after.kind != TEST:
                self.return_to = ""
        elif before is not None and before.kind == TEST:
            perhaps = self._returned()
        self.verified = False
        return Expected(made=made, perhaps=perhaps)

    def _returned(self) -> list[Made]:
        """Enables the Profile to go back to after test Profiles; whether it notifies is open."""
        back, self.return_to = self.return_to, ""
        if not back:
            return []
        self.profiles[back].enabled = True
        return self._notified(self.profiles[back], ENABLE, back)

    @staticmethod
    def _notified(one: ProfileModel, event: int, iccid: str) -> list[Made]:
        return [(event, iccid)] if one.notifies and one.kind != TEST else []

    def delete(self, iccid: str) -> Expected:
        """Deletes a Profile."""
        target = self.profiles.get(iccid)
        if target is None:
            return _refused(NOT_FOUND)
        if target.enabled:
            return _refused(WRONG_STATE)
        if PPR2 in target.rules:
            return _refused(BY_POLICY)
        del self.profiles[iccid]
        if self.return_to == iccid:
            self.return_to = ""
        return Expected(made=self._notified(target, DELETE, iccid))

    def memory_reset(self, *, operational: bool, tests: bool, address: bool) -> Expected:
        """Deletes by class, whatever is Enabled and whatever the rules say."""
        kinds = {OPERATIONAL} if operational else set()
        if tests:
            kinds.add(TEST)
        doomed = [iccid for iccid, one in self.profiles.items() if one.kind in kinds]
        now, made, perhaps = self.enabled, [], []
        for iccid in doomed:
            made += self._notified(self.profiles.pop(iccid), DELETE, iccid)
        if self.return_to in doomed:
            self.return_to = ""
        if now in doomed:
            perhaps = self._returned()
            self.verified = False
        if address:
            self.address = ""
        return Expected(
            codes=frozenset({OK} if doomed else {OK, NOT_FOUND}),
            made=made,
            perhaps=perhaps,
            refresh=now in doomed,
        )

    def nickname(self, iccid: str, text: str) -> Expected:
        """Sets or removes a nickname."""
        if iccid not in self.profiles:
            return _refused(NOT_FOUND)
        self.profiles[iccid].nickname = text
        return Expected()

    # Notifications

    def numbered(self, expected: Expected, new: dict[int, Made]) -> None:
        """Takes over the numbers that the card gave.

        Args:
            expected: What had to come to be.
            new: What came to be.

        Raises:
            AssertionError: other Notifications came, or a number is not above all earlier ones.
        """
        came = sorted(new.values())
        wanted = sorted(expected.made), sorted(expected.made + expected.perhaps)
        assert came in wanted, f"new Notifications {came}, expected {wanted[0]}"
        assert all(number > self.highest for number in new), f"{sorted(new)} after {self.highest}"
        self.notifications.update(new)
        self.highest = max(self.highest, *new, self.highest)

    def remove(self, number: int) -> Expected:
        """Removes a Notification."""
        if number not in self.notifications:
            return _refused(NOT_FOUND)
        del self.notifications[number]
        return Expected()

    # The card session

    def restarted(self) -> Expected:
        """Resets the card: a waiting switch is carried out, all that is volatile is gone."""
        waiting, self.waiting = self.waiting, None
        expected = Expected() if waiting is None else self._switched(*waiting)
        self.verified = False
        self.channels = set()
        return expected

    # PIN1 and the file behind it, of the Enabled Profile

    @property
    def code(self) -> CodeModel:
        """Returns PIN1 of the Enabled Profile."""
        return self.profiles[self.enabled].pin

    @property
    def may_read(self) -> bool | None:
        """Returns whether the file of PIN1 is open, None where the text does not say."""
        return True if not self.code.enabled else self.verified

    def counted(self, value: bytes) -> frozenset[int] | None:
        """Presents a value of PIN1; returns the status words of a refusal, None for a right one."""
        code = self.code
        if not code.tries:
            return frozenset({0x6983})
        if value == code.value:
            code.tries = PIN_TRIES
            return None
        code.tries -= 1
        self.verified = False if self.verified is False else None
        return frozenset({0x63C0 | code.tries} | ({0x6983} if not code.tries else set()))

    def unblocked(self, *, right: bool, value: bytes) -> frozenset[int] | None:
        """Presents the PUK with a new value of PIN1; as `counted`."""
        code = self.code
        if not code.puk_tries:
            return frozenset({0x6983})
        if not right:
            code.puk_tries -= 1
            return frozenset(
                {0x63C0 | code.puk_tries} | ({0x6983} if not code.puk_tries else set())
            )
        code.puk_tries, code.tries = PUK_TRIES, PIN_TRIES
        code.value, code.enabled, self.verified = value, True, True
        return None

    def challenged(self, seq: int, index: int, *, right: bool) -> int:
        """Answers a challenge: 0x9000, 0xDC00 for AUTS, or the status word of a refusal."""
        if not self.may_read:
            return 0x6982
        if not right:
            return 0x9862
        held = self.profiles[self.enabled].numbers
        if seq <= held.get(index, 0):
            return 0xDC00
        held[index] = seq
        return 0x9000
