"""Initial conditions: a named state of the card, reached by standard commands, or inconclusive.

On any target the procedure is the same: delete what prevents it, download, enable, clear the
Notifications, reset. A simulated target may keep the state reached and restore it for the next case
that asks for the same; a test of the harness shows that both ways lead to the same state.

What may be deleted on a real card is in `cleanup`.
"""

from collections.abc import Hashable
from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10a import SetDefaultDpAddressRequest
from rspcore.messages.es10c import DeleteProfileRequest, ProfileIdentifier
from rspcore.messages.metadata import PprId
from rspcore.profile_maker import ProfileParameters, TestProfile, preset
from rspharness.card import expect
from rspharness.card.aboard import cannot_be_lifted
from rspharness.card.card_under_test import Card
from rspharness.card.free_memory import free_memory
from rspharness.record.steps import Steps
from rspharness.record.verdicts import Blocked, ExpectationError, Inconclusive, NotApplicable
from rspharness.run.applicability import require_trust
from rspharness.run.run import Run
from rspharness.servers.rsp_server import ProfileLike, RspServer, profile
from rspharness.servers.secrets_of_session import remember_profile
from rspharness.suite import cleanup, rat
from rspharness.suite.preconditions import require_services
from rspharness.targets.target import Snapshots

__all__ = ["Conditions", "Installed"]

_FILLERS: Final = 64
_FILLER_SIZE: Final = 250_000
"""How many Profiles may fill the memory, and the octets of their largest package."""
_LARGE: Final = 100_000
"""Octets of packages for which a new simulated card is asked whether it has room."""
_ISDP_SIZE: Final = 1024
"""Octets that an ISD-P is taken to need besides package and metadata of its Profile."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A Profile of a case on the card.

    Attributes:
        profile: What was installed.
        iccid: Its ICCID.
        aid: AID of its ISD-P.
    """

    profile: TestProfile
    iccid: Iccid
    aid: Aid

    @property
    def by_iccid(self) -> ProfileIdentifier:
        """Returns the identifier for EnableProfile and DisableProfile, by ICCID."""
        return ProfileIdentifier(iccid=self.iccid)

    @property
    def by_aid(self) -> ProfileIdentifier:
        """Returns the identifier for EnableProfile and DisableProfile, by ISD-P AID."""
        return ProfileIdentifier(isdp_aid=self.aid)


class Conditions:
    """Brings the card to initial conditions; each method is recorded as a step of the case."""

    def __init__(self, card: Card, server: RspServer, run: Run, steps: Steps) -> None:
        self._card = card
        self._server = server
        self._run = run
        self._steps = steps

    def profiles(
        self,
        *wanted: ProfileLike,
        enabled: ProfileLike | None = None,
        notifications: bool = False,
    ) -> tuple[Installed, ...]:
        """Brings the card to exactly these Profiles, no default SM-DP+ address, no session; reset.

        Args:
            wanted: Profiles by name in the catalogue, parameters, or whole; installed in this
                order.
            enabled: The one that is Enabled, also one of `wanted`; None for none.
            notifications: True to keep those that these steps cause, False for an empty list.

        Returns:
            The Profiles as they are on the card, in the order given.

        Raises:
            NotApplicable: Profiles are wanted, and the card does not trust the run's servers, has
                no memory for them, does not claim what they need, or does not allow their policy
                rules beside Profiles of others.
            Inconclusive: the card could not be brought to this state.
        """
        if wanted:
            require_trust(self._run)
        made = tuple(self._allowed(one) for one in wanted)
        require_services(self._run.capabilities.info, made)
        active = None if enabled is None else profile(enabled)
        self.rules_allowed(frozenset(ppr for one in made for ppr in one.parameters.ppr or ()))
        names = ", ".join(_name(one) for one in wanted) or "no Profile"
        with self._steps(f"Initial conditions: {names} loaded{_enabled(enabled)}"):
            key = (
                tuple((one.upp, one.metadata.encode()) for one in made),
                _name(active) if active else "",
                notifications,
                self._server.curve,
            )
            if not self._restored(key):
                cleanup.clear(self._card, self._run)
                cleanup.drop_notifications(self._card, self._run)
                self.room_for(*made)
                for one in made:
                    self._server.install(self._card, one)
                if active is not None:
                    self.enable(active.metadata.iccid)
                if not notifications:
                    cleanup.drop_notifications(self._card, self._run)
                self._keep(key)
            self._card.reset()
            return self._installed(made)

    def _allowed(self, what: ProfileLike) -> TestProfile:
        """Returns a Profile; one with policy rules of an owner for whom the RAT allows them.

        A Profile that is given whole stays what it is, and so does any where the table cannot be
        read.

        Raises:
            NotApplicable: the table allows nobody these rules.
        """
        parameters = preset(what) if isinstance(what, str) else what
        rules = self._run.capabilities.rat
        if isinstance(parameters, TestProfile) or not parameters.ppr or rules is None:
            return profile(what)
        return profile(rat.owned_by_allowed_operator(rules, parameters))

    def owner_allowed(self, made: TestProfile) -> None:
        """Requires a card whose RAT, where it can be read, allows the owner the policy rules.

        Raises:
            NotApplicable: it does not.
        """
        wanted, rules = made.parameters.ppr or frozenset(), self._run.capabilities.rat
        owner = made.parameters.profile_owner
        if not wanted or rules is None or owner is None:
            return
        if not all(rat.allows(rules, ppr, owner) for ppr in wanted):
            raise NotApplicable(
                f"the RAT of the card does not allow an operator like {owner.mcc_mnc} "
                f"{rat.named(wanted)}"
            )

    def rules_allowed(self, rules: frozenset[int]) -> None:
        """Requires a card on which these policy rules may be set.

        Raises:
            NotApplicable: PPR1 is among them, which only the one operational Profile may have, and
                there is a Profile of somebody else (SGP.22 v2, 2.9.2.1); or no Profile of the
                suites can be Enabled on this card, so that nothing could lift them.
        """
        if rules and self._card.aboard.stays_enabled:
            raise NotApplicable(cannot_be_lifted(self._card.aboard))
        aboard = self._run.aboard.profiles
        if aboard and PprId.ppr1 in rules:
            raise NotApplicable(
                "PPR1 is not allowed beside another operational Profile, and "
                f"{', '.join(sorted(map(str, aboard)))} is on the card"
            )

    def room_for(self, *wanted: ProfileLike) -> None:
        """Requires a card to have memory for Profiles, by what it reports.

        A new simulated card has for usual ones, and is not asked; one that reports nothing that can
        be read is taken as one that has.

        Raises:
            NotApplicable: fewer octets are free than the Profiles take.
        """
        large = sum(len(one.upp) for one in wanted if isinstance(one, TestProfile)) > _LARGE
        if not wanted or (self._run.target.simulated and not large):
            return
        made = [profile(one) for one in wanted]
        needed = sum(_ISDP_SIZE + len(one.upp) + len(one.metadata.encode()) for one in made)
        try:
            free = free_memory(self._card)
        except Blocked:
            return  # taken as enough: the downloads show whether it is
        if free < needed:
            they = "1 Profile takes" if len(made) == 1 else f"{len(made)} Profiles take"
            raise NotApplicable(f"{free:,} octets of memory are free, and {they} about {needed:,}")

    def none(self) -> None:
        """Brings the card to no Profile, Notification, default SM-DP+ address or session."""
        self.profiles()

    def none_enabled(self) -> None:
        """Disables the Profile of somebody else that is Enabled, if there is one; card reset.

        It is Enabled again after the case.

        Raises:
            NotApplicable: the card keeps it Enabled.
        """
        iccid = self._run.aboard.enabled
        if iccid is None:
            return
        with self._steps(f"Initial conditions: {iccid}, not of the suites, disabled"):
            try:
                self.disable(iccid)
            except ExpectationError as error:
                raise NotApplicable(
                    f"no Profile may be Enabled, and the card keeps {iccid}, not of the suites: "
                    f"{error}"
                ) from error

    def each_notification(self) -> TestProfile:
        """Brings the card to Notifications of every event pending, and no Profile.

        Returns:
            PROFILE_OPERATIONAL1, which was installed, enabled, disabled and deleted. Its one
            address asks for every event, so there are five: the ProfileInstallationResult
            and one Notification of each event.

        Raises:
            Inconclusive: the card could not be brought to this state.
        """
        (one,) = self.profiles("PROFILE_OPERATIONAL1", notifications=True)
        with self._steps("Initial conditions: that Profile enabled, disabled and deleted"):
            self.enable(one.iccid)
            self.disable(one.iccid)
            expect.ok(self._card.send(DeleteProfileRequest(iccid=one.iccid)))
        return one.profile

    def enable(self, iccid: Iccid) -> None:
        """Enables a Profile without REFRESH, then carries out what the card announces anyway."""
        cleanup.enable(self._card, iccid)

    def disable(self, iccid: Iccid) -> None:
        """Disables a Profile without REFRESH, then carries out what the card announces anyway."""
        cleanup.disable(self._card, iccid)

    def no_notifications(self) -> None:
        """Brings the card to an empty list of Notifications."""
        with self._steps("Initial conditions: no pending Notifications"):
            cleanup.drop_notifications(self._card, self._run)

    def memory_filled(self, left: int) -> None:
        """Fills the non-volatile memory with Profiles until no more than `left` octets are free.

        Args:
            left: Octets that may stay free, 8,192 or more: a Profile itself takes some.

        Raises:
            Inconclusive: the card does not reach this state.
        """
        with self._steps(f"Initial conditions: no more than {left:,} octets of memory left"):
            free = free_memory(self._card)
            for number in range(_FILLERS):
                if free <= left:
                    break
                before, size = free, min(free - left // 2, _FILLER_SIZE)
                self._server.install(self._card, _filler(number, size))
                free = free_memory(self._card)
                if free >= before:
                    raise Inconclusive(
                        f"{before:,} octets free before a Profile of {size:,}, {free:,} after it"
                    )
            else:
                raise Inconclusive(f"{free:,} octets free after {_FILLERS} Profiles")
            cleanup.drop_notifications(self._card, self._run)
            self._card.reset()

    def room_left(self, isdps: float, octets: int = 0) -> None:
        """Fills the non-volatile memory but for a number of ISD-Ps and some octets.

        What an empty ISD-P takes is measured by a first download.

        Args:
            isdps: How many ISD-Ps still fit; 0.5 is less than one takes.
            octets: What is left besides them.

        Raises:
            Inconclusive: the card does not reach this state.
            NotApplicable: it reports its memory in steps that are too coarse for that.
        """
        with self._steps(f"Initial conditions: memory for {isdps} ISD-P and {octets:,} octets"):
            free = reported = free_memory(self._card)
            first = profile(_filler(0))
            self._server.install(self._card, first)
            beside = len(first.metadata.encode())
            isdp = free - free_memory(self._card) - len(first.upp) - beside
            if isdp <= 0:
                raise Inconclusive(f"an ISD-P takes {isdp} octets, by what the card reports")
            left = int(isdps * isdp) + octets
            shares = (free_memory(self._card) - left) // _FILLER_SIZE + 1
            for number in range(shares):
                share = (free_memory(self._card) - left) // (shares - number)
                filler = _filler(number + 1, share - isdp - beside)
                self._server.install(self._card, filler)
                reported |= free_memory(self._card)
            rest = free_memory(self._card)
            if rest > left:
                step = (
                    reported & -reported
                )  # the largest power of two that divides all that was reported
                if rest >= left + 2 * step:  # what an ISD-P takes is known to a step as well
                    raise Inconclusive(f"{rest:,} octets free; wanted are {left:,}")
                if octets or rest // isdp != int(isdps):
                    raise NotApplicable(
                        f"needs {left:,} octets of free memory, reported by this card in steps of "
                        f"{step:,}"
                    )
            cleanup.drop_notifications(self._card, self._run)
            self._card.reset()

    def default_address(self, address: str) -> None:
        """Brings the card to a default SM-DP+ address; an empty text for none."""
        with self._steps(f"Initial conditions: default SM-DP+ address {address or 'not set'}"):
            self._set_address(address)

    def _set_address(self, address: str) -> None:
        expect.ok(self._card.send(SetDefaultDpAddressRequest(default_dp_address=address)))

    def _installed(self, made: tuple[TestProfile, ...]) -> tuple[Installed, ...]:
        listed = {one.iccid: one.isdp_aid for one in self._card.listed_profiles()}
        out = []
        for one in made:
            remember_profile(self._card.secrets, one.parameters)
            iccid = one.metadata.iccid
            aid = listed.get(iccid)
            if aid is None:
                raise Inconclusive(f"Profile {iccid} is not listed after its installation")
            out.append(Installed(one, iccid, aid))
        return tuple(out)

    def _restored(self, key: Hashable) -> bool:
        target = self._run.target
        if not isinstance(target, Snapshots) or key not in self._run.kept:
            return False
        target.restore(self._run.kept[key])
        self._card.timings.counted.forget()
        return True

    def _keep(self, key: Hashable) -> None:
        target = self._run.target
        if isinstance(target, Snapshots):
            self._run.kept[key] = target.keep()


def _filler(number: int, size: int | None = None) -> ProfileParameters:
    """Returns a Profile that only takes memory."""
    iccid = Iccid.from_digits(f"89299010666666666{number:02d}")
    return replace(preset("PROFILE_OPERATIONAL1"), iccid=iccid, size=size)


def _name(one: ProfileLike) -> str:
    if isinstance(one, str):
        return one
    parameters = one.parameters if isinstance(one, TestProfile) else one
    return f"Profile {parameters.iccid}"


def _enabled(enabled: ProfileLike | None) -> str:
    return "" if enabled is None else f", {_name(enabled)} Enabled"
