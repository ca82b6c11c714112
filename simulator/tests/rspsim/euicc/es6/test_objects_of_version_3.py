"""ES6.UpdateMetadata of version 3: what is replaced, deleted and refused (v3.1, 5.4.1)."""

from dataclasses import replace

import pytest

from rspcore.profile_maker import png_icon
from rspcore.status import StatusWord
from rspsim.euicc.decisions import STANDARD
from rspsim.euicc.es6.update_metadata import update_metadata
from rspsim.euicc.personality import personality_named

HRI, NEW_HRI = "9B0141", "9B0142"
WORKS = "BD0A 8003883714 8103414243"
RULED = "BD12 8003883714 8103414243 A206 80020780 810101"


def with_objects(lab, profile_of, *objects):
    """Returns a card of v3.1 with one Profile that has an icon and these objects."""
    lab.install(profile_of(1, icon=png_icon()))
    (one,) = lab.state.profiles
    one = replace(one, further_objects=tuple(map(bytes.fromhex, objects)))
    return replace(lab.state, profiles=(one,), personality=personality_named("v3.1"))


def updated(state, octets):
    content = bytes.fromhex(octets)
    request = bytes.fromhex("BF2A") + bytes((len(content),)) + content
    return update_metadata(state, STANDARD, state.profiles[0].aid, request)


def test_an_object_replaces_that_of_its_tag(lab, profile_of):
    after = updated(with_objects(lab, profile_of, HRI, WORKS), NEW_HRI).profiles[0]
    assert set(after.further_objects) == {bytes.fromhex(NEW_HRI), bytes.fromhex(WORKS)}


def test_objects_named_are_deleted(lab, profile_of):
    after = updated(with_objects(lab, profile_of, HRI, WORKS), "5C04 9B BD 94 B6").profiles[0]
    assert after.further_objects == ()
    assert after.metadata.icon is None
    assert after.metadata.icon_type is None
    assert after.metadata.notification_configuration_info is None


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param("5C015A", id="iccid"),
        pytest.param("5C0191", id="provider"),
        pytest.param("5C01B7", id="owner"),
        pytest.param("5C019F", id="cut tag"),
        pytest.param("5C019B" + NEW_HRI, id="replaced, too"),
        pytest.param("9F1F0206C0", id="service description"),
        pytest.param("BA06 8304 88370000", id="no RPM"),
        pytest.param("BD0A 8003883715 8103414243", id="other enterprise"),
        pytest.param(RULED, id="rules where none were"),
    ],
)
def test_what_is_not_allowed_changes_nothing(lab, profile_of, octets):
    assert updated(with_objects(lab, profile_of, HRI, WORKS), octets) == StatusWord.WRONG_DATA


def test_an_enterprise_profile_is_not_made(lab, profile_of):
    assert updated(with_objects(lab, profile_of), WORKS) == StatusWord.WRONG_DATA


def test_a_card_of_version_2_passes_it_over(lab, profile_of):
    state = with_objects(lab, profile_of, HRI)
    older = replace(state, personality=personality_named("v2.6"))
    assert updated(older, "5C019B" + NEW_HRI) == older
