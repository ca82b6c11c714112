"""The words of the fixtures `smdpp` that come from the table of settings.

`rspsim.smdpp.settings` declares them, with what each value looks like: as in JSON, or as the value
itself. A test holds these classes against that table.
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

__all__ = ["PolicyWords", "ProfileWords"]


class PolicyWords(TypedDict, total=False):
    """Choices that the specification leaves to the server; see `rsplab smdpp serve --help`."""

    version: str
    lowest_svn: str
    next_major: int
    strict_headers: bool
    session_lifetime: float
    eid_check_digits: bool
    offer_kept_otpk: bool
    rebind: bool
    cancel_effects: Mapping[str, str | None]
    permanent_errors: Sequence[str | int]
    after_deletion: str | None
    skipped_checks: Sequence[str]
    max_body_octets: int
    keep_session_after_wrong_code: bool
    signing_list_first: bool
    chain: str
    push_services: Sequence[str]
    signatures_covered: bool
    change_delay: float
    change_code: str
    change_encrypted: bool
    change_deletes: bool
    any_requester: bool
    lenient_ids: bool
    root_smds: Sequence[str]
    operator_address: str
    change_asks_operator: bool
    replace_session_keys: bool
    segment_octets: int
    metadata_octets: int
    host_id_octets: int


class ProfileWords(TypedDict, total=False):
    """What an order and its Profile have to be; see `rsplab profile make --help`."""

    matching_id: str
    confirmation_code: str
    eid: str
    downloads: int | None
    wrong_codes: int
    expires_at: str | None
    released: bool
    again: bool
    iccid: str
    imsi: str | None
    mnc_digits: int
    algorithm: str
    ki: str
    opc: str
    spn: str
    profile_name: str
    profile_class: str
    ppr: Sequence[str] | None
    msisdn: str | None
    contacts: Mapping[str, str]
    menu_title: str
    menu: Mapping[str, str]
    gid1: str | None
    gid2: str | None
    owner: str
    notification_addresses: Sequence[str]
    icon: str | None
    kic: str
    kid: str
    dek: str
    pin1: str
    pin2: str
    puk1: str
    puk2: str
    adm1: str
    adm2: str
    size: int
    rpm_owner: str
    rpm_servers: Mapping[str, str]
    rpm_polling_address: str
    hri_address: str
    provider_message: str
    message_language: str
    lpr_address: str
    enterprise: str
    enterprise_name: str
    enterprise_rules: Sequence[str]
    other_profiles: int
    service_description: Sequence[str]
    change_address: str
    change_needs: Sequence[str]
    change_activation_code: str
    estimated_size: int
