"""Profile templates: the files an element makes, and their values unless the Profile gives any.

A template is named by an object identifier below 2.23.143.1. Templates of the file systems every
NAA needs create all their files, the optional ones only those whose component is present. The
tables are in `template_tables`; this module reads them, once each.
"""

from functools import cache

from rspcore.frozen import dataclass
from rspsim.euicc.profile_content.interpreter import template_tables as tables
from rspsim.euicc.profile_content.model import FileKind

__all__ = ["DefaultContent", "Template", "TemplateFile", "numbered", "template"]

_ARC = "2.23.143.1."

_KINDS = {
    "DF": FileKind.DF,
    "ADF": FileKind.ADF,
    "TR": FileKind.TRANSPARENT,
    "LF": FileKind.LINEAR_FIXED,
    "CY": FileKind.CYCLIC,
    "BT": FileKind.BER_TLV,
}


@dataclass(frozen=True, slots=True)
class DefaultContent:
    """What a file contains when the Profile gives no content.

    Attributes:
        pattern: Octets to write from the start.
        repeat: True to write the pattern over and over, False to repeat its last octet.
        ending: Octets at the very end.
    """

    pattern: bytes = b"\xff"
    repeat: bool = False
    ending: bytes = b""

    def fill(self, length: int) -> bytes:
        """Returns this many octets of content."""
        if self.repeat:
            return (self.pattern * (length // len(self.pattern) + 1))[:length]
        body = self.pattern[:length].ljust(length, self.pattern[-1:])
        return body[: length - len(self.ending)] + self.ending


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """One line of a template.

    Attributes:
        component: Component name of the profile element.
        fid: File identifier; None for an ADF, whose temporary identifier the Profile gives.
        kind: What the file is.
        size: Size in octets of a file without records, or None when the Profile must give it.
        record_length: Record length in octets, or None when the Profile must give it; 0 for none.
        records: Number of records, or None when the Profile must give it; 0 for none.
        rule: Record of the default access rules, 1 to 14, or None.
        sfi: Default short file identifier, or None.
        content: What it contains at first; FF for content the Profile should give (! in the table)
            but, as published profiles do for EF.5GAUTHKEYS, need not.
        high_update: High update activity.
    """

    component: str
    fid: int | None
    kind: FileKind
    size: int | None = None
    record_length: int | None = 0
    records: int | None = 0
    rule: int | None = None
    sfi: int | None = None
    content: DefaultContent = DefaultContent()
    high_update: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """One template.

    Attributes:
        number: Last arcs of its object identifier, for example "2.4".
        element: Name of the profile element that uses it.
        created_by_default: All its files are made, not only those whose component is present.
        files: Its files in the order of the components.
    """

    number: str
    element: str
    created_by_default: bool
    files: tuple[TemplateFile, ...]


def _content(word: str) -> DefaultContent:
    if word.endswith(")*"):
        return DefaultContent(bytes.fromhex(word[1:-2]), repeat=True)
    head, dots, tail = word.partition("..")
    if not dots:
        return DefaultContent(bytes.fromhex(word))
    return DefaultContent(bytes.fromhex(head), ending=bytes.fromhex(tail[2:]))


def _number(word: str) -> int | None:
    return None if word == "*" else int(word)


def _read(line: str) -> TemplateFile:
    component, fid, kind_word, *words = line.split()
    # the MF line of its template stands for the root
    kind = FileKind.MF if fid == "3F00" else _KINDS[kind_word]
    size: int | None = 0
    record_length: int | None = 0
    records: int | None = 0
    if kind.has_records:
        count, _, length = words.pop(0).partition("x")
        records, record_length = _number(count), _number(length)
    elif not kind.is_directory:
        size = _number(words.pop(0))
    rule = sfi = None
    content = DefaultContent()
    for word in words:
        if word in ("H", "!"):
            continue
        if word[0] == "a":
            rule = int(word[1:])
        elif word[0] == "s":
            sfi = int(word[1:], 16)
        else:
            content = _content(word)
    return TemplateFile(
        component,
        None if fid == "ADF" else int(fid, 16),
        kind,
        size,
        record_length,
        records,
        rule,
        sfi,
        content,
        high_update=words[-1:] == ["H"],
    )


_REGISTRY: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "2.1": ("mf", True, (tables.MF,)),
    "2.2": ("cd", False, (tables.CD,)),
    "2.3": ("telecom", False, (tables.TELECOM,)),
    "2.3.2": ("telecom", False, (tables.TELECOM, tables.TELECOM_3)),
    "2.4": ("usim", True, (tables.USIM,)),
    "2.4.2": ("usim", True, (tables.USIM.replace("ef-ust 6F38 TR 14", "ef-ust 6F38 TR 17"),)),
    "2.5": ("opt-usim", False, (tables.OPT_USIM,)),
    "2.5.2": ("opt-usim", False, (tables.OPT_USIM, tables.OPT_USIM_3)),
    "2.5.3": ("opt-usim", False, (tables.OPT_USIM, tables.OPT_USIM_3)),
    "2.6": ("phonebook", False, (tables.PHONEBOOK,)),
    "2.7": ("gsm-access", False, (tables.GSM_ACCESS,)),
    "2.8": ("isim", True, (tables.ISIM,)),
    "2.9": ("opt-isim", False, (tables.OPT_ISIM,)),
    "2.9.2": ("opt-isim", False, (tables.OPT_ISIM, tables.OPT_ISIM_3)),
    "2.10": ("csim", True, (tables.CSIM,)),
    "2.10.2": ("csim", True, (tables.CSIM,)),
    "2.11": ("opt-csim", False, (tables.OPT_CSIM,)),
    "2.11.2": ("opt-csim", False, (tables.OPT_CSIM,)),
    "2.12": ("eap", False, (tables.EAP,)),
    "2.13": ("df-5gs", False, (tables.DF_5GS,)),
    "2.13.2": ("df-5gs", False, (tables.DF_5GS, "\n".join(tables.DF_5GS_3.splitlines()[11:13]))),
    "2.13.3": ("df-5gs", False, ("\n".join(tables.DF_5GS_3.splitlines()[:13]),)),
    "2.13.4": ("df-5gs", False, (tables.DF_5GS_3,)),
    "2.14": ("df-saip", False, (tables.DF_SAIP,)),
    "2.15": ("df-snpn", False, (tables.DF_SNPN,)),
    "2.16": ("df-5gprose", False, (tables.DF_5GPROSE,)),
}


def template(oid: str) -> Template | None:
    """Returns the template of an object identifier in dotted form, or None when it is unknown."""
    if not oid.startswith(_ARC):
        return None
    number = oid[len(_ARC) :]
    return numbered(number) if number in _REGISTRY else None


@cache
def numbered(number: str) -> Template:
    """Returns the template of the last arcs of an object identifier, which is known."""
    element, created, texts = _REGISTRY[number]
    lines = [line for text in texts for line in text.splitlines() if line]
    return Template(number, element, created, tuple(_read(line) for line in lines))
