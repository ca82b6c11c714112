"""A card that is kept over runs and can be pulled, and what a run does to it."""

from dataclasses import replace

from rspcore.crypto.curves import Curve
from rspcore.errors import RemoteError
from rspcore.profile_maker import preset
from rspharness.card.card_under_test import Card
from rspharness.lpa import local_management
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import TargetLost
from rspharness.servers.rsp_server import server_maker
from rspharness.suite.profile_packages import profile
from rspharness.targets.settings import TargetSettings
from rspharness.targets.transport import LinkWrapper

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
OWNERS = replace(preset(ONE), iccid=preset(ONE).iccid.from_digits("8988001234567890123"))


class KeptTarget:
    """A target with one card that is kept, which can be pulled and come back."""

    simulated = False
    name = 'reader "A"'
    settings = TargetSettings(kind="pcsc", name="pcsc")

    def __init__(self, link):
        self.link = link
        self.pulled_after = None
        self.back = True

    def open(self):
        return PullableLink(self)

    def facts(self):
        return {"reader": "A"}

    def come_back(self):
        if self.back:
            self.pulled_after = None
        return self.back

    def close(self):
        pass


class PullableLink(LinkWrapper):
    def __init__(self, place):
        super().__init__(place.link)
        self._place = place

    def transmit(self, command):
        left = self._place.pulled_after
        if left is not None:
            if left == 0:
                raise TargetLost("the card is gone")
            self._place.pulled_after = left - 1
        return self._link.transmit(command)

    def reset(self):
        if self._place.pulled_after == 0:
            raise TargetLost("the card is gone")
        return super().reset()


def refuse(*_):
    """Refuses a deletion, as a card with a policy rule does."""
    raise RemoteError("DeleteProfile: disallowedByPolicy(3)")


def install(card, run, name, *, enable=False):
    """Installs a Profile, and enables it where asked to."""
    server = server_maker(run.pki, Curve.NIST_P256, name, run.options.started)()
    made = profile(name)
    server.install(card, made)
    if enable:
        local_management.enable_profile(card, made.metadata.iccid)


def disturbed(run):
    """Changes everything a run may change, and leaves it so."""
    card = run.open_card(Trace(), Timings())
    local_management.set_default_address(card, "")
    install(card, run, ONE)
    with Card(run.target.link) as past_the_guard:
        local_management.set_nickname(past_the_guard, OWNERS.iccid, "theirs")
    local_management.disable_profile(card, OWNERS.iccid)
    install(card, run, TWO, enable=True)
    return card


def state_of(card):
    card.reset()
    return card.observe()
