"""The further cards of a run: each in a reader of its own, with EID, guard and journal of its own.

A case that needs two cards asks the fixture `cards`. On simulated cards the further ones are made
for it; beside a card in a reader they are named, `--with-card EID@READER`. Workers of a run share
the cards out: each takes one as its card under test, and what is left over is further to them.
"""

from collections.abc import Sequence
from typing import Self

from rspcore.errors import ConfigError, RspError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid
from rspharness.run.run import Run
from rspharness.run.run_options import RunOptions

__all__ = ["NamedCard", "shared_out"]


@dataclass(frozen=True, slots=True)
class NamedCard:
    """A card in a reader, as the command line names it.

    Attributes:
        eid: EID it must have, None where only reading is asked for.
        reader: Name of its reader, or the beginning.
    """

    eid: Eid | None
    reader: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads EID@READER.

        Raises:
            ConfigError: it is not that.

        >>> NamedCard.parse("89049032123451234512345678901235@ACS ACR39U").reader
        'ACS ACR39U'
        """
        digits, sign, reader = text.partition("@")
        try:
            eid = Eid.from_digits(digits)
        except RspError as error:
            raise ConfigError(f"--with-card {text!r}: expected EID@READER: {error}") from error
        if not sign or not reader:
            raise ConfigError(
                f"--with-card {text!r}: expected EID@READER, such as {digits}@ACS ACR39U"
            )
        return cls(eid, reader)


def shared_out(options: RunOptions, workers: int = 1) -> tuple[RunOptions, list[Run]]:
    """Returns the options of this process with its card under test, and the runs of further cards.

    Args:
        options: The options; `slot` is the number of the worker.
        workers: How many processes share the cards.

    Raises:
        ConfigError: a card cannot be read, two are the same, or there are fewer than workers.
    """
    named = [NamedCard(options.eid, options.reader), *map(NamedCard.parse, options.with_card)]
    _require_different(named)
    if workers > len(named):
        raise ConfigError(
            f"-n {workers}: a worker needs a card of its own, and {len(named)} of them are named; "
            f"name more by --with-card EID@READER, or run with -n {len(named)}"
        )
    own, *further = named[options.slot :: workers]
    runs = [Run(_at(options, one), place=f"card {n}") for n, one in enumerate(further, 2)]
    return _at(options, own), runs


def _at(options: RunOptions, card: NamedCard) -> RunOptions:
    first = options.eid, options.reader
    if (card.eid, card.reader) == first:
        return options
    return replace(options, target="pcsc", eid=card.eid, reader=card.reader, record=None)


def _require_different(named: Sequence[NamedCard]) -> None:
    """Requires cards that are not the same, in readers that are not.

    Raises:
        ConfigError: two are.
    """
    if len(named) > 1 and not named[0].reader:
        raise ConfigError("--with-card: name the reader of the first card too, by --reader")
    for kind in ("eid", "reader"):
        values = [getattr(one, kind) for one in named if getattr(one, kind)]
        if twice := next((one for one in values if values.count(one) > 1), None):
            raise ConfigError(f"--with-card: {kind.upper()} {twice} is named twice")
