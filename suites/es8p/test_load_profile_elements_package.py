"""ES8+.LoadProfileElements: a package with one mistake ends the load with a reason."""

from rspcore import tlv
from rspcore.messages.euicc_response import PeStatusCode
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import preset
from rspcore.profile_maker.editing import (
    changed_header,
    edited,
    inserted,
    removed,
    replaced,
    unknown_element,
    with_fcp,
)
from rspcore.profile_maker.files import template_oid
from rspcore.profile_reader import split
from rspcore.profile_reader.header import SERVICES
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial

ONE, TWO = "PROFILE_OPERATIONAL1", profile("PROFILE_OPERATIONAL2")
COMMAND = BppCommandId.loadProfileElements
STATUS = PeStatusCode
NUMBER = 77
EVERY_SERVICE = changed_header(
    eUICC_Mandatory_services=dict.fromkeys(SERVICES[: SERVICES.index("eaka") + 1])
)
NO_SUCH_TEMPLATE = changed_header(
    eUICC_Mandatory_GFSTEList=[template_oid("2.1"), template_oid("2.99")]
)
NO_SUCH_LIBRARY = changed_header(
    eUICC_Mandatory_AIDs=[{"aid": bytes.fromhex("F07273706C61624E"), "version": b"\x01\x00"}]
)
CUT_SHORT_WITHIN = tlv.encode(
    0xA3, tlv.encode(0xA0, tlv.encode(0x80), tlv.encode(0x81, b"\x02")), bytes.fromhex("A103300580")
)


def header_second(upp):
    """Returns the package with PE-MF before the header."""
    header, mf, *others = (one.raw for one in split(upp))
    return b"".join((mf, header, *others))


@testcase.each(
    "altered, codes",
    {
        "ES8+.LoadProfileElements#13": (
            lambda upp: inserted(upp, unknown_element(NUMBER, mandated=True), before="end"),
            (STATUS.pe_not_supported,),
        ),
        "ES8+.LoadProfileElements#14": (header_second, ()),
        "ES8+.LoadProfileElements#16": (lambda upp: upp[:-1], ()),
        "ES8+.LoadProfileElements#27": (
            lambda upp: edited(upp, "header", changed_header(major_version=9)),
            (STATUS.unsupported_profile_version,),
        ),
        "ES8+.LoadProfileElements#28": (
            lambda upp: edited(upp, "header", EVERY_SERVICE),
            (STATUS.feature_not_supported,),
        ),
        "ES8+.LoadProfileElements#29": (
            lambda upp: edited(upp, "header", NO_SUCH_TEMPLATE),
            (STATUS.template_not_supported,),
        ),
        "ES8+.LoadProfileElements#30": (
            lambda upp: edited(upp, "mf", with_fcp("ef-pl", efFileSize=b"\x01")),
            (STATUS.bad_values, STATUS.invalid_parameter),
        ),
        "ES8+.LoadProfileElements#31": (
            lambda upp: replaced(upp, "pukCodes", CUT_SHORT_WITHIN),
            (STATUS.invalid_request_format,),
        ),
        "ES8+.LoadProfileElements#32": (
            lambda upp: removed(upp, "pinCodes", number=-1),
            (STATUS.pin_code_missing,),
        ),
        "ES8+.LoadProfileElements#33": (
            lambda upp: edited(upp, "header", NO_SUCH_LIBRARY),
            (STATUS.lib_not_supported,),
        ),
    },
)
def test_package_with_one_mistake_ends_the_load(card, given, server, step, altered, codes):
    """A package with one mistake ends with a processing error and the status of the mistake."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, upp=altered(TWO.upp))
    with step("S_LPAd -> eUICC: the package with one mistake"):
        loaded = trial.send(trial.package)
    with step(f"Expected: PIR errorResult, PE processing error(12), {expect.names(codes)}"):
        trial.element_refused(loaded, *codes)


@testcase.each(
    "altered",
    {
        "ES8+.LoadProfileElements#15": lambda upp: removed(upp, "end"),
        "ES8+.LoadProfileElements#53": lambda upp: upp + split(upp)[-2].raw,
    },
)
def test_package_that_does_not_end_with_pe_end(card, given, server, step, note, altered):
    """A package without PE-End, or with more after it; what the card does is noted."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, upp=altered(TWO.upp))
    with step("S_LPAd -> eUICC: the package"):
        loaded = trial.send(trial.package)
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, PE processing error(12)"):
        trial.element_refused(loaded)


@testcase("ES8+.LoadProfileElements#17")
def test_unknown_element_that_is_not_mandated_is_passed_over(card, given, server, step):
    """An element of no known version that is not mandated is reported, and the rest installed."""
    given.none()
    element = unknown_element(NUMBER, mandated=False)
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: the package with an unknown element before its end"):
        loaded = session.install(TWO, upp=inserted(TWO.upp, element, before="end"))
    with step("Expected: PIR successResult; pe-not-supported(1) for the element, else ok(0)"):
        load_result.installed(session, loaded)
        statuses = load_result.statuses(loaded)
        unsupported = [one for one in statuses if one.status != STATUS.ok]
        expect.equal([one.status for one in unsupported], [STATUS.pe_not_supported], "statuses")
        expect.equal(unsupported[0].identification_number, NUMBER, "identification")


@testcase("ES8+.LoadProfileElements#47")
def test_reason_outside_the_list(card, given, server, step, note):
    """No command makes an eUICC fail inside; an empty package comes nearest, and is noted."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, lengths=((0xA3, 0),))
    with step("S_LPAd -> eUICC: the header of A3 with length 0"):
        loaded = trial.send(trial.package.until(trial.package.header_of(COMMAND) + 1))
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, installFailedDueToUnknownError(127)"):
        reason = ErrorReason.installFailedDueToUnknownError
        trial.ended(loaded, COMMAND, reason)


@testcase.each(
    "reason",
    {
        "ES8+.LoadProfileElements#48": 32,
        "ES8+.LoadProfileElements#49": 31,
    },
)
def test_server_the_card_is_not_configured_for(card, given, server2, step, note, reason):
    """A server outside the allow list, or below the minimum security level, installs nothing."""
    given.none()
    before = card.observe()
    with step("Initial conditions: PrepareDownload done by a server that is not on the list"):
        session = server2.prepared(card)
    with step("S_LPAd -> eUICC: the whole package"):
        loaded = session.install(profile(preset(ONE)))
        note(load_result.described(loaded))
    with step(f"Expected: PIR errorResult, errorReason {reason}"):
        load_result.ended(session, loaded, before, COMMAND, reason)
