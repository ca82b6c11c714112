"""The catalogue of requirements: one row per behaviour, with a stable id and a condition.

The catalogue is data under `fixtures/requirements/`, a file for each kind of rows; its path is an
argument. A row's `condition` says which options must hold (`RAT_PPR1 & !O_E_MEP`); it is parsed
here and evaluated against the capabilities of a target. An expected value that ends in `[confirm]`
is not settled by public material: such a row is a probe, whose case records what the card does and
never fails it.
"""

import csv
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Self

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass

__all__ = ["OTHER_PRODUCTS", "Catalogue", "Condition", "Requirement"]

_TOKEN = re.compile(r"\s*(?:(?P<name>\w+)|(?P<sign>[&|!()]))")
_AXES = "axes*.csv"
OTHER_PRODUCTS: Final[Mapping[str, str]] = {
    "lpa.csv": "LPA",
    "smdpp.csv": "SMDP",
    "smds.csv": "SMDS",
}
"""Catalogues of products that are no card, which a folder is read without, and the option of each.

Rows of version 3 with that option in their condition stand in the catalogue of cards.
"""
_OF_CARDS: Final = "euicc.csv"
_COLUMNS = (
    "id",
    "area",
    "function",
    "spec_ref",
    "test_case",
    "versions",
    "condition",
    "kind",
    "title",
    "initial_conditions",
    "expected",
    "provenance",
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition: a name, or an operator over conditions.

    `!` binds before `&`, `&` before `|`; an empty text is a condition that always holds.

    >>> Condition.parse("RAT_PPR1 & !(O_E_MEP | SCP81)").missing({"RAT_PPR1": True})
    ()
    >>> Condition.parse("RAT_PPR1 & !O_E_MEP").missing({"O_E_MEP": True})
    ('RAT_PPR1', 'not O_E_MEP')
    """

    operator: str = "&"
    name: str = ""
    parts: tuple["Condition", ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a condition.

        Raises:
            ConfigError: the text is not a condition.
        """
        tokens = list(_tokens(text))
        if not tokens:
            return cls()
        condition = _alternatives(tokens, text)
        if tokens:
            raise ConfigError(f"condition {text!r}: {tokens[0]!r} is not expected there")
        return cls(condition.operator, condition.name, condition.parts)

    @property
    def names(self) -> frozenset[str]:
        """Returns the options the condition names."""
        own = {self.name} if self.name else set()
        return frozenset(own.union(*(part.names for part in self.parts)))

    def missing(self, options: Mapping[str, bool]) -> tuple[str, ...]:
        """Returns why the condition does not hold, in words; empty when it holds.

        Args:
            options: Value of each option; one that is not named counts as false.
        """
        if self.operator == "":
            return () if options.get(self.name, False) else (self.name,)
        if self.operator == "!":
            return () if self.parts[0].missing(options) else (f"not {self.parts[0]}",)
        each = [part.missing(options) for part in self.parts]
        if self.operator == "&":
            return tuple(reason for reasons in each for reason in reasons)
        if not all(each):
            return ()
        return (" or ".join(" and ".join(reasons) for reasons in each),)

    def undecided(self, options: Mapping[str, bool], unknown: Container[str]) -> tuple[str, ...]:
        """Returns the unknown options on which it depends whether the condition holds; else empty.

        >>> Condition.parse("RAT_PPR1 & !O_E_MEP").undecided({"RAT_PPR1": True}, {"O_E_MEP"})
        ('O_E_MEP',)
        >>> Condition.parse("RAT_PPR1 & !O_E_MEP").undecided({"RAT_PPR1": False}, {"O_E_MEP"})
        ()

        Args:
            options: Value of each option known.
            unknown: Names of the options that are not known.
        """
        if _value(self, options, unknown) is not None:
            return ()
        return tuple(sorted(n for n in self.names if n in unknown and n not in options))

    def __str__(self) -> str:
        """Returns the condition in the catalogue's own notation."""
        if self.operator == "":
            return self.name
        if self.operator == "!":
            return f"!{self.parts[0]}"
        text = f" {self.operator} ".join(map(str, self.parts))
        return f"({text})" if self.operator == "|" else text


def _value(
    condition: Condition, options: Mapping[str, bool], unknown: Container[str]
) -> bool | None:
    """Returns whether a condition holds, None when that depends on an unknown option."""
    if condition.operator == "":
        known = options.get(condition.name)
        return known if known is not None or condition.name in unknown else False
    values = [_value(part, options, unknown) for part in condition.parts]
    if condition.operator == "!":
        return None if values[0] is None else not values[0]
    decisive = condition.operator == "|"
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _tokens(text: str) -> Iterator[str]:
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise ConfigError(f"condition {text!r}: {stripped[position:]!r} is not expected there")
        yield match["name"] or match["sign"]
        position = match.end()


def _alternatives(tokens: list[str], text: str) -> Condition:
    parts = [_conjunction(tokens, text)]
    while tokens and tokens[0] == "|":
        tokens.pop(0)
        parts.append(_conjunction(tokens, text))
    return parts[0] if len(parts) == 1 else Condition("|", parts=tuple(parts))


def _conjunction(tokens: list[str], text: str) -> Condition:
    parts = [_factor(tokens, text)]
    while tokens and tokens[0] == "&":
        tokens.pop(0)
        parts.append(_factor(tokens, text))
    return parts[0] if len(parts) == 1 else Condition("&", parts=tuple(parts))


def _factor(tokens: list[str], text: str) -> Condition:
    if not tokens:
        raise ConfigError(f"condition {text!r} ends where an option is expected")
    token = tokens.pop(0)
    if token == "!":  # noqa: S105  an operator
        return Condition("!", parts=(_factor(tokens, text),))
    if token == "(":  # noqa: S105  an operator
        inner = _alternatives(tokens, text)
        if not tokens or tokens.pop(0) != ")":
            raise ConfigError(f"condition {text!r}: a parenthesis is not closed")
        return inner
    if token in ("&", "|", ")"):
        raise ConfigError(f"condition {text!r}: {token!r} where an option is expected")
    return Condition("", token)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the catalogue.

    Attributes:
        id: `<group>#<nn>`, unique, never renumbered or reused.
        area: ES6, ES8+, ES10a, ES10b, ES10c, ISD-R/transport, procedure ... or Story; of another
            product its interface, such as ES9+.
        function: Function or procedure the row is about.
        spec_ref: Clause of SGP.22.
        test_case: Section of SGP.23 and name of its test case, as far as public.
        versions: v2, v3 or both.
        condition: Options that must hold.
        kind: nominal or error.
        title: The behaviour, in one line.
        initial_conditions: State before the step under test, in words.
        expected: What the card has to do, in words.
        provenance: listed (seen in public) or derived (inferred from SGP.22).
    """

    id: str
    area: str
    function: str
    spec_ref: str
    test_case: str
    versions: str
    condition: Condition
    kind: str
    title: str
    initial_conditions: str
    expected: str
    provenance: str

    @property
    def probe(self) -> bool:
        """Returns whether the expected value is not settled: its case records and never fails."""
        return self.expected.endswith("[confirm]")

    @property
    def group(self) -> str:
        """Returns the part of the id before the number."""
        return self.id.partition("#")[0]

    def applies_to(self, version: str) -> bool:
        """Returns whether the row belongs to one of the versions: "v2", "v3" or "v2 and v3"."""
        return self.versions == "both" or self.versions in version.split(" and ")

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> Self:
        """Reads one row of the table.

        Raises:
            ConfigError: a column is missing or the condition cannot be read.
        """
        absent = [name for name in _COLUMNS if row.get(name) is None]
        if absent:
            raise ConfigError(f"catalogue row {row.get('id')!r}: no column {', '.join(absent)}")
        values = {name: row[name] for name in _COLUMNS if name != "condition"}
        return cls(condition=_condition(row["condition"]), **values)


@cache
def _condition(text: str) -> Condition:
    """Returns a condition; few rows have one that no other row has."""
    return Condition.parse(text)


def _rows(file: Path) -> tuple[Requirement, ...]:
    """Returns the rows of a file, which is read again when it is not as it was.

    Raises:
        ConfigError: there is no such file, or it cannot be read.
    """
    try:
        now = file.stat()
        return _read(file, now.st_mtime_ns, now.st_size)
    except OSError as error:
        raise ConfigError(
            f"catalogue of requirements {file}: {error.strerror}; name one by --rsp-requirements"
        ) from error


@lru_cache(maxsize=8)
def _read(file: Path, *_as_it_is: int) -> tuple[Requirement, ...]:
    with file.open(encoding="utf-8", newline="") as opened:
        return tuple(map(Requirement.from_row, csv.DictReader(opened)))


class Catalogue:
    """The requirements by id, in the order of the files."""

    def __init__(self, requirements: Iterable[Requirement], path: Path | None = None) -> None:
        self.path = path
        self._rows: dict[str, Requirement] = {}
        for requirement in requirements:
            if requirement.id in self._rows:
                raise ConfigError(f"catalogue: the id {requirement.id} occurs twice")
            self._rows[requirement.id] = requirement

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a catalogue: a file (CSV, UTF-8), or those of cards in a folder, by their names.

        The table of axes in a folder holds no rows of it (`rspharness.record.axes`). The file of
        another product is read with the rows for it that stand in the catalogue of cards.

        Raises:
            ConfigError: no such file, none in the folder, a column is missing, an id occurs twice.
        """
        files = [path]
        if path.name in OTHER_PRODUCTS:
            option, cards = OTHER_PRODUCTS[path.name], path.with_name(_OF_CARDS)
            for_it = (row for row in _rows(cards) if option in row.condition.names)
            return cls((*_rows(path), *(for_it if cards.is_file() else ())), path)
        if path.is_dir():
            left_out = {*OTHER_PRODUCTS, *(one.name for one in path.glob(_AXES))}
            files = sorted(one for one in path.glob("*.csv") if one.name not in left_out)
        if not files:
            raise ConfigError(f"catalogue of requirements {path}: no .csv file in this folder")
        return cls((row for file in files for row in _rows(file)), path)

    def __getitem__(self, requirement_id: str) -> Requirement:
        """Returns the requirement with this id, or raises KeyError."""
        return self._rows[requirement_id]

    def __contains__(self, requirement_id: str) -> bool:
        """Returns whether an id is known."""
        return requirement_id in self._rows

    def __iter__(self) -> Iterator[Requirement]:
        """Yields the requirements in the order of the file."""
        return iter(self._rows.values())

    def __len__(self) -> int:
        """Returns the number of requirements."""
        return len(self._rows)
