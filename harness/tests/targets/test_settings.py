import re
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspharness.run.opening import TARGETS, load_settings
from rspharness.targets.settings import TargetSettings

FOLDER = Path(__file__).parents[3] / "fixtures" / "targets"


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.toml")), ids=lambda path: path.name)
def test_target_files_of_the_project_are_read(path):
    settings = TargetSettings.load(path)
    assert settings.kind in {kind.name for kind in TARGETS}
    assert settings.name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no kind"),
        ('kind = "x"\nspeed = 3', "unknown key speed"),
        ('kind = "x"\n[options]\nSCP81 = "yes"', "SCP81 = 'yes'"),
        ('kind = "x"\n[deviations]\n"A#01" = " "', "a reason in words"),
        ('kind = "x"\nversion = "2.5"', "expected v2 or v3"),
        ('kind = "x"\ncommand_limit_s = 0', "command_limit_s = 0; expected"),
        ('kind = "x"\ncommand_limit_s = true', "command_limit_s = True; expected"),
        ("kind =", "target file"),
    ],
)
def test_mistake_in_a_target_file_is_named(tmp_path, text, message):
    path = tmp_path / "lab.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        TargetSettings.load(path)


def test_name_or_path_gives_settings():
    assert load_settings("inprocess").kind == "inprocess"
    assert load_settings("pcsc", "ACS").reader == "ACS"
    assert load_settings(str(FOLDER / "variants" / "rat-empty.toml")).card == {"rat": "empty"}


def test_unknown_target_lists_the_known_ones():
    with pytest.raises(ConfigError, match="inprocess, vpcd, kept, pcsc"):
        load_settings("simulator")
    with pytest.raises(ConfigError, match="No such file"):
        load_settings("nothing.toml")


def test_deviation_may_say_that_it_need_not_occur(tmp_path):
    file = tmp_path / "card.toml"
    file.write_text(
        'kind = "inprocess"\nfirmware = "7"\nrelease = "2.5"\n[deviations]\n'
        '"A#01" = "why"\n"A#02" = { reason = "at times", strict = false }\n'
        '"A#03" = { reason = "always" }\n'
    )
    read = TargetSettings.load(file)
    assert read.deviations == {"A#01": "why", "A#02": "at times", "A#03": "always"}
    assert read.lenient == {"A#02"}
    assert (read.firmware, read.release) == ("7", "2.5")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('"A#01" = { reason = "x", srict = true }', "'srict' is not known; near it: strict"),
        ('"A#01" = { strict = true }', "a reason in words is needed"),
        ('"A#01" = { reason = "x", strict = 1 }', "strict is true or false"),
    ],
)
def test_deviation_that_says_something_else_is_refused(tmp_path, line, text):
    file = tmp_path / "card.toml"
    file.write_text(f'kind = "inprocess"\n[deviations]\n{line}\n')
    with pytest.raises(ConfigError, match=re.escape(text)):
        TargetSettings.load(file)


def test_keys_are_a_folder_beside_the_file(tmp_path):
    file = tmp_path / "card.toml"
    file.write_text('kind = "inprocess"\npki = "keys"\n')
    with pytest.raises(ConfigError, match="pki = 'keys': no such folder beside it"):
        TargetSettings.load(file)
    (tmp_path / "keys").mkdir()
    assert TargetSettings.load(file).pki == str(tmp_path / "keys")
    file.write_text('kind = "inprocess"\nfirmware = 7\n')
    with pytest.raises(ConfigError, match="firmware = 7; expected a text"):
        TargetSettings.load(file)


def test_declaration_is_texts_by_table():
    settings = TargetSettings.from_values(
        {
            "kind": "pcsc",
            "name": "bench card",
            "firmware": "4711",
            "options": {"CATBUSY": True, "SCP81": False},
            "values": {"sas_number": "AB-1"},
            "budgets_ms": {"SELECT": 50},
            "deviations": {
                "ES10c.GetEID#06": {"reason": "at low voltage", "strict": False},
                "ES10c.GetEID#01": "known",
            },
        }
    )
    assert settings.declaration() == {
        "product": {"name": "bench card", "firmware": "4711"},
        "options": {"CATBUSY": "yes", "SCP81": "no"},
        "values": {"sas_number": "AB-1"},
        "budgets": {"SELECT": "50 ms"},
        "known deviations": {
            "ES10c.GetEID#06": "at low voltage (may also pass)",
            "ES10c.GetEID#01": "known",
        },
    }
