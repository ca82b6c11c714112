"""Values the target file declares, compared with what the card reports.

A lab writes them as text: versions with dots, octets in hexadecimal, bits by their ASN.1 names,
lists separated by spaces. A value that is not declared is not compared: the case then shows no
more than its other expectations do.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final

from rspcore.messages.euicc_info import RspCapability
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspharness.card import expect

__all__ = ["ABSENT", "KNOWN_VALUES", "agrees", "bit_names", "capability_names"]

ABSENT: Final = "absent"
"""Declared value of a field the card does not have."""

KNOWN_VALUES: Final = frozenset(
    {
        "additional_profile_versions",
        "additional_root_ds_addresses",
        "change_signatures_covered",
        "ci_pkids",
        "ci_pkids_v3",
        "discovery_base_url",
        "ef_env_classes",
        "ef_env_classes_content",
        "ef_umpc_content",
        "eid",
        "ein",
        "factory_default_dp_address",
        "firmware_version",
        "forbidden_pprs",
        "globalplatform_version",
        "highest_svn",
        "esim_ports",
        "lpae_pin",
        "operator_profile_type",
        "platform_label",
        "profile_type",
        "pp_version",
        "preloaded_test_profile",
        "profile_version",
        "rat",
        "root_ds_address",
        "rpm_signature1_covered",
        "rsp_capability",
        "rsp_version",
        "sas_number",
        "scp81_push",
        "tre_product_reference",
        "ts102241_version",
        "uicc_capability",
    }
)
"""Names of all values that cases compare with; `fixtures/targets/README.md` says what each is."""


def bit_names(positions: Iterable[int] | None, names: type[IntEnum]) -> str:
    """Returns bits by their names in order of position; a bit without name is its number.

    >>> from rspcore.messages.metadata import PprId
    >>> bit_names({2, 1, 7}, PprId)
    'ppr1 ppr2 7'
    """
    known = {int(one): one.name for one in names}
    return " ".join(known.get(position, str(position)) for position in sorted(positions or ()))


def capability_names(positions: Iterable[int] | None) -> str:
    """Returns the bits of rspCapability by their names, of version 3 where bit 18 of it is set.

    >>> capability_names({0, 1}), capability_names({0, 18})
    ('additionalProfile crlSupport', 'additionalProfile euiccRspCapInInfo1')
    """
    bits = frozenset(positions or ())
    newer = EuiccRspCapability.euiccRspCapInInfo1 in bits
    return bit_names(bits, EuiccRspCapability if newer else RspCapability)


def agrees(declared: Mapping[str, object], name: str, actual: object) -> None:
    """Requires a value of the card to be the declared one, if it is declared.

    Args:
        declared: The values of the target file.
        name: Name of the value.
        actual: What the card reports; None for a field it does not have.

    Raises:
        ExpectationError: the card reports another value.
    """
    if name in declared:
        said = ABSENT if actual is None else str(actual)
        expect.equal(said, str(declared[name]), f"{name} as declared")
