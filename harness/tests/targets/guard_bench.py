"""A guard in front of a card that answers 9000 to everything and records what reaches it."""

from rspcore.errors import LocalError
from rspharness.record.testcase import Level
from rspharness.record.verdicts import TargetLost
from rspharness.targets.guard import GuardedLink
from rspharness.targets.own_profile import OwnProfile, is_of_suites

ORDER = ("read-only", "profiles", "destructive", "irreversible")
LEVELS = [str(level) for level in Level]

ISDR = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
ECASD = bytes.fromhex("A0000005591010FFFFFFFF8900000200")
DOMAIN = bytes.fromhex("A00000015153504341534400")

GET_EID = "BF3E035C015A"
GET_PROFILES = "BF2D0F5C0D5A9F709091929394B6B7B8994F"
OWN = "98920901000000000010"
FOREIGN = "98101032547698103214"
ENABLE = f"BF3111A00C5A0A{OWN}810100"
RESET = "BF340482020780"


def up_to(level, other):
    if "irreversible" in (level, other):
        return level == "irreversible" and other != "destructive"
    return ORDER.index(other) <= ORDER.index(level)


class Recorder:
    """A card that answers 9000 to everything and keeps the commands."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.seen = []

    def transmit(self, command):
        self.seen.append(command)
        answer = self.answers.pop(0) if self.answers else "9000"
        if answer == "lost":
            raise TargetLost("gone")
        return bytes.fromhex(answer)

    def reset(self):
        return b"\x3b\x00"

    def close(self):
        pass


def zero(channel):
    return channel if channel < 4 else 0x40 | (channel - 4)


def eight(channel):
    return 0x80 | channel if channel < 4 else 0xC0 | (channel - 4)


class Bench:
    """A guard in front of a recorder, in a known state."""

    def __init__(self, level, *, own=False, selected=b"", channels=(1,)):
        self.card = Recorder()
        self.own = own
        self.known = OwnProfile(is_of_suites)
        self.guard = GuardedLink(
            self.card, Level(level), lambda: self.own, foreign=self.known.objection
        )
        self.selected, self.channels = selected, channels
        self.prepare()

    def prepare(self):
        self.guard.reset()
        for channel in self.channels if self.selected else ():
            self.select(self.selected, channel)
        self.card.seen.clear()

    def select(self, aid, channel=1):
        self.guard.transmit(bytes((zero(channel), 0xA4, 4, 0, len(aid))) + aid)

    def sends(self, command):
        """Returns whether a command reached the card; the guard has to agree with what it says."""
        octets = bytes.fromhex(command) if isinstance(command, str) else command
        before = len(self.card.seen)
        try:
            self.guard.transmit(octets)
        except LocalError as refused:
            said = str(refused).endswith("It was not sent.")
            if not said or len(self.card.seen) != before:
                raise AssertionError(str(refused)) from refused
            return False
        assert self.card.seen[before:] == [octets]
        return True

    def store(self, data, number=0, p1=0x91, channel=1):
        octets = bytes.fromhex(data) if isinstance(data, str) else data
        return self.sends(bytes((eight(channel), 0xE2, p1, number, len(octets))) + octets)


def isdr(level, **options):
    return Bench(level, selected=ISDR, **options)
