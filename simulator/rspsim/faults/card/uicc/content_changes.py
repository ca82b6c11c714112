"""Changes of what a file command leaves, and wraps of its handler, for faults of the UICC."""

from collections.abc import Callable
from dataclasses import replace

from rspcore.apdu import CommandApdu
from rspcore.status import StatusWord
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, Pin, ProfileContent
from rspsim.euicc.uicc.access import ALLOWED
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.handler_changes import Wrap

__all__ = [
    "answering_as",
    "current_file",
    "having_content",
    "only_when",
    "seen_with",
    "with_content",
    "without_right",
]


def with_content(outcome: Outcome, change: Callable[[ProfileContent], ProfileContent]) -> Outcome:
    """Returns an outcome whose enabled Profile has a changed content."""
    profile = outcome.state.enabled_profile
    if profile is None:
        return outcome
    changed = replace(profile, content=change(profile.content))
    return replace(outcome, state=outcome.state.with_profile(changed))


def having_content(view: View, change: Callable[[ProfileContent], ProfileContent]) -> View:
    """Returns a view of a card whose enabled Profile has a changed content."""
    profile = view.state.enabled_profile
    if profile is None:
        return view
    changed = replace(profile, content=change(profile.content))
    return replace(view, state=view.state.with_profile(changed))


def current_file(view: View) -> File | None:
    """Returns the current file of the channel of a command."""
    context = CommandContext.of(view)
    return context.file(context.place.file)


def only_when(holds: Callable[[CommandApdu, View], bool], wrap: Wrap) -> Wrap:
    """Returns a wrap that is in force for some commands alone."""

    def both(handler: Handler) -> Handler:
        faulty = wrap(handler)

        def run(command: CommandApdu, view: View) -> Outcome:
            return (faulty if holds(command, view) else handler)(command, view)

        return run

    return both


def answering_as(word: int, instead: Callable[[Handler, CommandApdu, View], Outcome]) -> Wrap:
    """Returns a wrap that answers in another way where the handler answers one status word."""

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, view: View) -> Outcome:
            outcome = handler(command, view)
            return instead(handler, command, view) if outcome.response.sw == word else outcome

        return run

    return wrap


def seen_with(pins: Callable[[Pin], Pin]) -> Wrap:
    """Returns a wrap that carries a command out on changed PINs; what it leaves stays changed."""

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, view: View) -> Outcome:
            def change(content: ProfileContent) -> ProfileContent:
                return replace(content, pins=tuple(map(pins, content.pins)))

            outcome = handler(command, having_content(view, change))
            kept = outcome.response.sw != StatusWord.OK
            return replace(outcome, state=view.state) if kept else outcome

        return run

    return wrap


def without_right(handler: Handler) -> Handler:
    """Carries a command out whatever the access rules say."""

    def run(command: CommandApdu, view: View) -> Outcome:
        free = view.decisions.having(ALLOWED, lambda *_: True)
        return handler(command, replace(view, decisions=free))

    return run
