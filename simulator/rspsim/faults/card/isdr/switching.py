"""Faults of a change of Profiles: REFRESH, interruptions, resets, files and notifications."""

from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.ids import Aid
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent, ProfileClass
from rspsim.euicc import cat, isdp, notifications, startup
from rspsim.euicc.isdr.es10c import disable_profile, enable_profile, euicc_memory_reset, switching
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import ProfileContent
from rspsim.euicc.state import CardState, PendingSwitch, Profile, Volatile
from rspsim.euicc.uicc import command_context
from rspsim.faults.card.card_fault import CardFault, Change, behind, skip, swap, together

__all__ = ["FAULTS"]


def _test(profile: Profile | None) -> bool:
    return profile is not None and profile.profile_class == ProfileClass.test


def _remembers_last_only(
    _state: CardState, disabled: Profile | None, enabled: Profile | None
) -> Aid | None:
    if disabled is None or not _test(enabled) or _test(disabled):
        return None
    return disabled.aid


def _half_applied(state: CardState, change: PendingSwitch) -> CardState:
    leaving = state.profile_by_aid(change.disable)
    if leaving is not None:
        state = state.with_profile(replace(leaving, state=ProfileState.disabled))
    return switching.WAITS.standard(state, change)


def _all_channels_closed(volatile: Volatile) -> Volatile:
    return replace(volatile, channels=Volatile().channels)


def _first_content(state: CardState) -> ProfileContent:
    return state.profiles[0].content if state.profiles else command_context.EMPTY_CARD


def _nothing_enabled(state: CardState, /) -> CardState:
    return replace(
        state,
        profiles=tuple(replace(one, state=ProfileState.disabled) for one in state.profiles),
    )


def _something_enabled(state: CardState, /) -> CardState:
    if state.enabled_profile is not None or not state.profiles or state.pending_switch:
        return state
    return state.with_profile(replace(state.profiles[0], state=ProfileState.enabled))


def _without_refresh(outcome: Outcome, _view: View) -> Outcome:
    quiet = replace(outcome.volatile.cat, command=None)
    return replace(outcome, volatile=replace(outcome.volatile, cat=quiet))


def _refresh_of_mode(qualifier: int) -> Change:
    return swap(
        cat.REFRESH_COMMAND, lambda number, _: cat.REFRESH_COMMAND.standard(number, qualifier)
    )


def _refresh_to_the_display(number: int, qualifier: int) -> bytes:
    details = tlv.encode(0x81, bytes((number, 0x01, qualifier)))
    return tlv.encode(0xD0, details, tlv.encode(0x82, b"\x81\x02"))


def _without_address_for(event: NotificationEvent) -> Change:
    def addresses(profile: Profile, requested: int) -> tuple[str, ...]:
        return () if requested is event else notifications.ADDRESSES.standard(profile, requested)

    return swap(notifications.ADDRESSES, addresses)


def _address_for_every_event(profile: Profile, event: int) -> tuple[str, ...]:
    return notifications.ADDRESSES.standard(profile, event) or ("unasked.example.com",)


_WITH_REFRESH: Final = (
    "ES10c.EnableProfile#03",
    "ES10c.EnableProfile#04",
    "ES10c.EnableProfile#05",
    "ES10c.EnableProfile#06",
    "ES10c.EnableProfile#07",
    "ES10c.EnableProfile#08",
    "ES10c.EnableProfile#09",
    "ES10c.EnableProfile#10",
    "ES10c.EnableProfile#24",
    "ES10c.EnableProfile#47",
    "ES10c.DisableProfile#03",
    "ES10c.DisableProfile#04",
    "ES10c.DisableProfile#05",
    "ES10c.eUICCMemoryReset#02",
)
"""Requirements whose case waits for REFRESH."""

REFRESHING: Final = (
    CardFault(
        "es10c.switch.before-refresh",
        "A change with refreshFlag is made at once.",
        (
            "procedure.EnableProcess#06",
            "ES10c.EnableProfile#08",
        ),
        swap(switching.APPLIES_AT_ONCE, value=True),
    ),
    CardFault(
        "es10c.switch.session-ignored",
        "The Profile is changed although a proactive session cannot be ended.",
        (
            "ES10c.EnableProfile#23",
            "ES10c.DisableProfile#12",
            "ES10c.eUICCMemoryReset#18",
        ),
        together(
            skip(enable_profile.CHECKS, "cat_free"),
            skip(disable_profile.CHECKS, "cat_free"),
            skip(euicc_memory_reset.CHECKS, "cat_free"),
        ),
    ),
    CardFault(
        "es10c.switch.always-refresh",
        "A change asks for REFRESH although refreshFlag is not set.",
        (
            "ES10c.EnableProfile#01",
            "ES10c.EnableProfile#02",
            "ES10c.EnableProfile#11",
            "ES10c.EnableProfile#12",
            "ES10c.EnableProfile#13",
            "ES10c.EnableProfile#15",
            "ES10c.EnableProfile#21",
            "ES10c.EnableProfile#22",
            "ES10c.EnableProfile#34",
            "ES10c.EnableProfile#36",
            "ES10c.EnableProfile#39",
            "ES10c.EnableProfile#40",
            "ES10c.EnableProfile#42",
            "ES10c.EnableProfile#43",
        ),
        swap(switching.ASKS_REFRESH, lambda _flag: True),
    ),
    CardFault(
        "es10c.switch.lost-at-reset",
        "A change that waits for its REFRESH is dropped at a reset.",
        (
            "ES10c.EnableProfile#03",
            "ES10c.EnableProfile#04",
            "ES10c.EnableProfile#05",
            "ES10c.EnableProfile#10",
            "ES10c.EnableProfile#24",
            "ES10c.EnableProfile#48",
            "ES10c.DisableProfile#03",
            "ES10c.DisableProfile#04",
            "ES10c.DisableProfile#05",
        ),
        swap(startup.COMPLETES_SWITCH, value=False),
    ),
    CardFault(
        "es10c.switch.torn",
        "The former Profile is disabled at once, the new one is enabled only after REFRESH.",
        (
            "ES10c.EnableProfile#03",
            "ES10c.EnableProfile#04",
            "ES10c.EnableProfile#05",
            "ES10c.EnableProfile#10",
            "ES10c.EnableProfile#24",
            "ES10c.EnableProfile#41",
            "ES10c.EnableProfile#48",
        ),
        together(swap(switching.WAITS, _half_applied), swap(startup.COMPLETES_SWITCH, value=False)),
    ),
    CardFault(
        "es10c.switch.response-ignored",
        "The TERMINAL RESPONSE to REFRESH does not complete the change.",
        (
            "procedure.EnableProcess#03",
            "ES10c.EnableProfile#07",
        ),
        swap(cat.RESPONSE_COMPLETES, value=False),
    ),
    CardFault(
        "refresh.not-announced",
        "REFRESH is not requested; the change waits for a reset.",
        _WITH_REFRESH,
        swap(cat.ANNOUNCES, value=False),
    ),
    CardFault(
        "refresh.state-change-always",
        "REFRESH asks for eUICC Profile State Change(09), whatever the terminal supports.",
        (
            "ES10c.EnableProfile#06",
            "ES10c.eUICCMemoryReset#02",
            "ES10c.eUICCMemoryReset#23",
        ),
        _refresh_of_mode(0x09),
    ),
    CardFault(
        "refresh.other-mode",
        "REFRESH asks for NAA Initialization(03).",
        _WITH_REFRESH,
        _refresh_of_mode(0x03),
    ),
    CardFault(
        "refresh.to-the-display",
        "REFRESH names the display as its destination.",
        ("ES10c.EnableProfile#47",),
        swap(cat.REFRESH_COMMAND, _refresh_to_the_display),
    ),
    CardFault(
        "es10c.memory-reset.no-refresh",
        "A memory reset that deletes the enabled Profile asks for no REFRESH.",
        (
            "procedure.MemoryResetProcess#01",
            "ES10c.eUICCMemoryReset#02",
            "ES10c.eUICCMemoryReset#23",
            "ES10c.eUICCMemoryReset#27",
        ),
        behind(euicc_memory_reset.EUICC_MEMORY_RESET, _without_refresh),
    ),
)


OUTLIVING: Final = (
    CardFault(
        "es10c.switch.return-forgotten",
        "After a second test Profile, the operational Profile to return to is lost.",
        ("ES10c.EnableProfile#44",),
        swap(isdp.REMEMBERED, _remembers_last_only),
    ),
    CardFault(
        "es10c.switch.isdr-closed",
        "A change without REFRESH closes the channel of the ISD-R.",
        (
            "ES10c.EnableProfile#01",
            "ES10c.EnableProfile#02",
            "ES10c.EnableProfile#35",
            "ES10c.EnableProfile#36",
            "ES10c.EnableProfile#37",
            "ES10c.EnableProfile#38",
            "ES10c.EnableProfile#39",
            "ES10c.EnableProfile#40",
            "ES10c.EnableProfile#42",
            "ES10c.EnableProfile#49",
            "ES10b.RemoveNotificationFromList#08",
            "ES10c.SetNickname#09",
        ),
        swap(switching.CHANNELS_AFTER, _all_channels_closed),
    ),
    CardFault(
        "es10c.switch.no-files",
        "The files of the enabled Profile are never visible.",
        (
            "ES10c.EnableProfile#37",
            "ES10c.EnableProfile#38",
        ),
        swap(command_context.CONTENT, lambda _state: command_context.EMPTY_CARD),
    ),
    CardFault(
        "es10c.switch.first-files",
        "A terminal always sees the files of the first Profile.",
        (
            "ES10c.EnableProfile#38",
            "ES10c.DisableProfile#21",
            "ES10c.DisableProfile#22",
            "ES10c.DisableProfile#26",
        ),
        swap(command_context.CONTENT, _first_content),
    ),
    CardFault(
        "es10c.switch.undone-at-reset",
        "After a reset no Profile is enabled.",
        (
            "ES10c.EnableProfile#14",
            "ES10c.EnableProfile#16",
            "ES10c.EnableProfile#20",
            "ES10c.EnableProfile#34",
            "ES10c.EnableProfile#37",
            "ES10c.EnableProfile#38",
            "ES10c.EnableProfile#41",
            "ES10c.EnableProfile#44",
            "ES10c.EnableProfile#45",
            "ES10c.DeleteProfile#03",
            "ES10c.DeleteProfile#22",
            "ES10c.DisableProfile#01",
            "ES10c.DisableProfile#02",
            "ES10c.DisableProfile#03",
        ),
        swap(startup.KEPT, _nothing_enabled),
    ),
    CardFault(
        "es10c.switch.fallback-at-reset",
        "After a reset the first Profile is enabled when none was.",
        (
            "ES10c.EnableProfile#01",
            "ES10c.EnableProfile#02",
            "ES10c.EnableProfile#03",
            "ES10c.EnableProfile#04",
            "ES10c.EnableProfile#05",
            "ES10c.EnableProfile#06",
            "ES10c.EnableProfile#07",
            "ES10c.EnableProfile#08",
            "ES10c.EnableProfile#09",
            "ES10c.EnableProfile#35",
            "ES10c.EnableProfile#36",
            "ES10c.EnableProfile#37",
            "ES10c.EnableProfile#38",
            "ES10c.EnableProfile#39",
        ),
        swap(startup.KEPT, _something_enabled),
    ),
    CardFault(
        "notifications.enable.none",
        "Enabling a Profile leaves no notification.",
        (
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#04",
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#12",
            "ES10b.ListNotification#13",
            "ES10b.ListNotification#14",
            "ES10b.ListNotification#16",
            "ES10b.ListNotification#17",
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#08",
            "ES10b.RemoveNotificationFromList#09",
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#02",
        ),
        _without_address_for(NotificationEvent.notificationEnable),
    ),
    CardFault(
        "notifications.disable.none",
        "Disabling a Profile leaves no notification.",
        (
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#05",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#12",
            "ES10b.ListNotification#13",
            "ES10b.ListNotification#14",
            "ES10b.ListNotification#16",
            "ES10b.ListNotification#17",
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#09",
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#06",
            "ES10b.RetrieveNotificationsList#10",
            "ES10b.RetrieveNotificationsList#15",
        ),
        _without_address_for(NotificationEvent.notificationDisable),
    ),
    CardFault(
        "notifications.unasked",
        "A Profile without an address for an event leaves a notification nevertheless.",
        (
            "ES10b.ListNotification#15",
            "ES10b.RetrieveNotificationsList#16",
            "ES10c.DisableProfile#19",
            "ES10c.DisableProfile#24",
            "ES10c.EnableProfile#35",
            "procedure.Download#01",
            "procedure.Download#02",
        ),
        swap(notifications.ADDRESSES, _address_for_every_event),
    ),
)


FAULTS: Final = (*REFRESHING, *OUTLIVING)
