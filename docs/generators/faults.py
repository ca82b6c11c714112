"""Faults, presets, personalities and options, from the registries that the programs use."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from generators.catalogue import anchor
from generators.page import cell, save, table
from rspsim.card_presets import PRESETS
from rspsim.card_setup import USUAL_PERSONALITY
from rspsim.euicc.options import Options
from rspsim.euicc.personality import personality_named
from rspsim.faults.registry import card_faults, hostile_cards, server_faults
from rspsim.variations import VARIATIONS

__all__ = ["write"]


def _links(rows: Iterable[str]) -> str:
    """Returns rows of the catalogue as links to their anchors."""
    return ", ".join(f"[{cell(row)}](#{anchor(row)})" for row in rows)


def _card_faults() -> str:
    """Returns the faults of cards by area, each with the rows it breaks."""
    areas = defaultdict(list)
    for fault in card_faults():
        areas[fault.name.partition(".")[0]].append(fault)
    return "\n\n".join(
        f"## {cell(area)}\n\n"
        + table(
            ("fault", "a card with it", "breaks"),
            ((f"`{one.name}`", cell(one.summary), _links(one.breaks)) for one in found),
        )
        for area, found in areas.items()
    )


def _presets() -> str:
    """Returns the presets of cards, each with what it is made of."""
    rows = []
    for one in PRESETS:
        parts = [one.personality or "", *one.options, *one.variations, *one.faults]
        if one.memory is not None:
            parts.append(f"{one.memory:,} octets of memory")
        if one.isdr_aid:
            parts.append(f"ISD-R {one.isdr_aid.hex().upper()}")
        rows.append(
            (f"`{one.name}`", cell(one.summary), ", ".join(f"`{part}`" for part in parts if part))
        )
    return table(("preset", "a card that", "made of"), rows)


def _variations() -> str:
    """Returns the legal variations by kind, each with why it is legal."""
    kinds = defaultdict(list)
    for one in VARIATIONS:
        kinds[one.kind].append(one)
    return "\n\n".join(
        f"## {cell(kind)}\n\n"
        + table(
            ("variation", "a card with it", "legal by", "octets"),
            (
                (f"`{one.name}`", cell(one.summary), cell(one.legal_by), cell(one.octets))
                for one in found
            ),
        )
        for kind, found in kinds.items()
    )


def _options() -> str:
    """Returns the options of cards with their default and their values."""
    standard = personality_named(USUAL_PERSONALITY).options
    rows = []
    for field in fields(Options):
        value = getattr(standard, field.name)
        kind = type(value)
        if isinstance(value, bool):
            shown, others = "yes" if value else "no", "yes, no"
        else:
            members = getattr(kind, "__members__", {})
            shown, others = str(value), ", ".join(str(one.value) for one in members.values())
        rows.append((f"`{field.name.replace('_', '-')}`", cell(shown), cell(others)))
    return table(("option", f"in {cell(USUAL_PERSONALITY)}", "values"), rows)


def write(folder: Path) -> None:
    """Writes the pages of faults, hostile cards, variations and presets."""
    save(
        folder,
        "card_faults.md",
        "# Card faults",
        "Each is one way in which a card is wrong: `rsplab card serve --card-fault NAME`, "
        '`simulated_card(faults=["NAME"])` or `rsplab run --card-fault NAME`. The rows a fault '
        "breaks are those whose case has to fail on such a card.",
        _card_faults(),
    )
    save(
        folder,
        "hostile_cards.md",
        "# Hostile cards",
        "Each errs between a sound card and the reader, for the whole run. What a run says of it "
        "is written in `fixtures/hostile.toml` before the card is run.",
        table(
            ("card", "what it does"),
            ((f"`{one.name}`", cell(one.summary)) for one in hostile_cards()),
        ),
    )
    save(
        folder,
        "variations.md",
        "# Legal variations",
        "What a conforming card may do otherwise: `rsplab card serve --variation NAME`, "
        '`simulated_card(variations=["NAME"])` or `variations = "NAME"` under `[card]` of a target '
        "file. No case is red on such a card.",
        _variations(),
    )
    save(
        folder,
        "server_faults.md",
        "# Server faults",
        "Ways in which the SM-DP+ is wrong: `rsplab smdpp serve --fault NAME[,KEY=VALUE...]`. "
        "`function` limits a fault to one function, `times` to its first N occasions.",
        table(
            ("fault", "a server with it", "parameters", "what a client has to do"),
            (
                (
                    f"`{one.name}`",
                    cell(one.summary),
                    ", ".join(f"`{key}={value}`" for key, value in one.parameters.items()),
                    cell(one.expected),
                )
                for one in server_faults()
            ),
        ),
    )
    save(
        folder,
        "presets.md",
        "# Presets and options",
        'A preset is a kind of card: `rsplab card serve --preset NAME`, `card_in_reader("NAME")`.',
        _presets(),
        "## Options",
        "What SGP.22 leaves open and a card chooses: `--option NAME=VALUE`. Each value is a "
        "conforming card.",
        _options(),
    )
