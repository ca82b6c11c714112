"""Every situation that ends a command early: its exit code, and the one line with the remedy.

2 is wrong use, 3 an environment that lacks something; 1 is for what a card or a case did.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import fake_scard
from one_case import make_checkout, run

from rspharness.cli.main import main
from rspharness.targets import reader

pytestmark = pytest.mark.once

ONE = "89049032123451234512345678901235"
OTHER = "89049032123451234512345678909965"
INPROCESS = ("--target", "inprocess")
PCSC = ("--target", "pcsc")
MODELS = {
    "no daemon": None,
    "no reader": {},
    "empty readers": {"A": "", "B": ""},
    "one card": {"A": "", "B": ONE},
    "two cards": {"A": ONE, "B": OTHER},
}
NO_DAEMON = "PC/SC: Service not available.; is pcscd running? `rsplab doctor` looks"
NO_READER = "there is no reader; connect one; is pcscd running? `rsplab doctor` looks"
NO_CARD = 'readers "A", "B": none of them has a card that answers; insert'
TWO = 'readers "A", "B": more than one has a card; name one by --reader'
UNKNOWN = 'no reader is called "C..."; name one of these by --reader: "A", "B"'
ANOTHER = (
    f'reader "B": EID {ONE} found, --eid asked for {OTHER}; nothing but the reading of its EID'
)
PLACES = {
    "no daemon": ("no daemon", (), NO_DAEMON),
    "no reader": ("no reader", (), NO_READER),
    "empty readers": ("empty readers", (), NO_CARD),
    "two cards": ("two cards", (), TWO),
    "unknown reader": ("one card", ("--reader", "C"), UNKNOWN),
    "another EID": ("one card", ("--eid", OTHER), ANOTHER),
}

FILES = {
    "option.toml": 'kind = "inprocess"\n[options]\nO_E_NISTT = true\n',
    "value.toml": 'kind = "inprocess"\n[values]\nroot_ds_adress = "x"\n',
    "deviation.toml": 'kind = "inprocess"\n[deviations]\n"ES10c.GetEDI#01" = "why"\n',
    "budget.toml": 'kind = "inprocess"\n[budgets_ms]\n"STORE DATA GetEuicDat" = 3\n',
    "key.toml": 'kind = "inprocess"\nkindd = "x"\n',
    "kind.toml": 'kind = "inproces"\n',
    "card.toml": 'kind = "inprocess"\n[card]\nprset = "spec"\n',
    "preset.toml": 'kind = "inprocess"\n[card]\npreset = "busy-tolkit"\n',
    "rat.toml": 'kind = "inprocess"\n[card]\nrat = "any-operatr"\n',
    "real.toml": 'kind = "pcsc"\n[card]\npreset = "spec"\n',
    "broken.toml": 'kind = "inprocess\n',
    "reader.toml": 'kind = "pcsc"\n',
}
PKI_TEXT = "--pki nowhere: no such folder; "
WRONG_USE = {
    "option": (
        ("--target", "option.toml"),
        "option.toml: [options] 'O_E_NISTT' is not known; near",
    ),
    "value": (("--target", "value.toml"), "not known; near it: root_ds_address"),
    "deviation": (("--target", "deviation.toml"), "not known; near it: ES10c.GetEID#01"),
    "budget": (("--target", "budget.toml"), "[budgets_ms] 'STORE DATA GetEuicDat' is not known"),
    "key": (("--target", "key.toml"), "unknown key kindd; known: "),
    "kind": (("--target", "kind.toml"), "kind 'inproces' is not known; expected one of inprocess"),
    "card": (("--target", "card.toml"), "[card] 'prset' is not known; near it: preset"),
    "preset": (("--target", "preset.toml"), "[card] preset 'busy-tolkit': expected one of spec"),
    "RAT": (("--target", "rat.toml"), "any-operatr"),
    "card of a reader": (("--target", "real.toml"), "[card] is for simulated cards"),
    "no TOML": (("--target", "broken.toml"), "target file broken.toml: "),
    "no file": (("--target", "none.toml"), "target file none.toml: No such file or directory"),
    "target": (
        ("--target", "vpdc"),
        "target 'vpdc': expected inprocess, vpcd, kept, pcsc, at:PORT, replay:FILE or",
    ),
    "case": ((*INPROCESS, "--case", "ES10c.GetEDI#02"), "suites; near it: ES10c.GetEID#02"),
    "case, workers": (
        (*INPROCESS, "-n", "2", "--case", "ES10c.GetEDI#02"),
        "suites; near it: ES10c.GetEID#02",
    ),
    "fault": (
        (*INPROCESS, "--card-fault", "information.eid.othr-check-digit"),
        "did you mean information.eid.other-check-digit",
    ),
    "hostile card": (
        (*INPROCESS, "--card-fault", "hostile.die"),
        "hostile card 'hostile.die' is not known; did you mean hostile.dies",
    ),
    "personality": ((*INPROCESS, "--personality", "v9"), "'v9': expected one of v2.2.2, "),
    "curve": ((*INPROCESS, "--curve", "nist"), "curve: expected nistP256 or brainpoolP256r1"),
    "folder of credentials": ((*INPROCESS, "--pki", "nowhere"), PKI_TEXT),
    "EID": ((*INPROCESS, "--eid", "1234"), "EID '1234': expected 32 decimal digits, got 4"),
    "AID": ((*INPROCESS, "--isdr-aid", "A0"), "--isdr-aid 'A0': expected 5 to 16 octets in"),
    "no EID": (
        (*PCSC, "--level", "profiles"),
        "--level profiles on a card in a reader needs --eid",
    ),
    "workers": ((*INPROCESS, "-n", "0"), "argument -n: '0': expected a number, 1 or more"),
    "reader": ((*PCSC, "-n", "2"), "-n 2: --target pcsc is one card in one reader; run without -n"),
    "reader of a file": (
        ("--target", "reader.toml", "-n", "3"),
        "-n 3: --target reader.toml is one card in one reader; run without -n",
    ),
    "kept": (
        ("--target", "kept", "--state", "card.db", "-n", "2"),
        "-n 2: --target kept is one card in one reader; run without -n",
    ),
    "kept without file": (("--target", "kept"), "--target kept and --state FILE go together"),
    "further card": ((*INPROCESS, "--also", "none.toml"), "target file none.toml: No such file"),
    "no further card": (
        (*INPROCESS, "--also", "empty"),
        "--also empty: no target file (*.toml) in",
    ),
    "limit": ((*INPROCESS, "--change-limit", "x"), "--change-limit 'x': expected a number of"),
}
LACKING = {
    **{name: (model, (*PCSC, *words), said) for name, (model, words, said) in PLACES.items()},
    "no credentials": ("one card", (*PCSC, "--pki", "empty"), "--pki empty: no self-signed CI"),
    "no credentials in process": ("one card", (*INPROCESS, "--pki", "empty"), "--pki empty: no"),
    "no pyscard": ("", PCSC, "pyscard is not installed: pip install 'rsplab[pcsc]'"),
    "reports": ("one card", (*INPROCESS, "--report", "key.toml"), "name another folder with --rep"),
    "Allure": ("one card", (*INPROCESS, "--allure", "key.toml"), "name another folder with --all"),
}


@pytest.fixture
def checkout(tmp_path):
    """Returns a folder with suites of one case, and the files the situations name."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "empty").mkdir()
    return make_checkout(tmp_path)


def place(model, folder):
    """Returns the environment in which a process finds these readers; "" is one without pyscard."""
    package = folder / "site/smartcard"
    package.mkdir(parents=True)
    failing = 'raise ImportError("no pyscard")\n'
    (package / "__init__.py").write_text("" if model else failing)
    (package / "scard.py").write_text(Path(fake_scard.__file__).read_text("utf-8"))
    settings = {
        "PYTHONPATH": os.pathsep.join((str(folder / "site"), *sys.path)),
        "RSPLAB_JOURNALS": str(folder / "journals"),
    }
    if MODELS.get(model) is not None:
        settings["RSPLAB_TEST_READERS"] = json.dumps(MODELS[model])
    return settings


def said_once(done, said):
    text = done.stdout + done.stderr
    assert text.count(said) == 1, text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text


@pytest.mark.parametrize(("words", "said"), WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_of_run(checkout, words, said):
    done = run(checkout, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    said_once(done, said)
    assert not (checkout / "reports/latest").exists()
    assert not (checkout / "card.db").exists()


@pytest.mark.parametrize(("model", "words", "said"), LACKING.values(), ids=LACKING)
def test_environment_of_run(checkout, model, words, said):
    done = run(checkout, *words, **place(model, checkout))
    assert done.returncode == 3, done.stdout + done.stderr
    said_once(done, said)


VARIABLES = {
    "keep": ({"RSPLAB_KEEP": "x"}, "--keep 'x': expected a number, 1 or more"),
    "none to keep": ({"RSPLAB_KEEP": "0"}, "--keep '0': expected a number, 1 or more"),
    "part": ({"RSPLAB_SHARD": "3/2"}, "--shard '3/2': expected a part of so many"),
    "limit": ({"RSPLAB_CHANGE_LIMIT": "x"}, "--change-limit 'x': expected a number of"),
    "level": ({"RSPLAB_LEVEL": "all"}, "level: expected read-only or profiles or"),
}


@pytest.mark.parametrize(("variables", "said"), VARIABLES.values(), ids=VARIABLES)
def test_variable_is_held_to_what_its_option_takes(checkout, variables, said):
    done = run(checkout, *INPROCESS, **variables)
    assert done.returncode == 2, done.stdout + done.stderr
    said_once(done, said)


def test_variable_that_is_not_read_is_named(checkout):
    done = run(checkout, *INPROCESS, RSPLAB_LEVELS="x", RSPLAB_ERASE_FOREIGN="1", RSPLAB_MINE="x")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "rsplab: RSPLAB_ERASE_FOREIGN is not read: --erase-foreign is for the command line alone",
        "rsplab: RSPLAB_LEVELS is not read; near it: RSPLAB_LEVEL",
    ]


def test_baseline_of_a_variable_is_the_run_before_this_one(checkout):
    assert run(checkout, *INPROCESS).returncode == 0
    before = (checkout / "reports/latest").resolve()
    assert run(checkout, *INPROCESS, RSPLAB_BASELINE="reports/latest").returncode == 0
    described = json.loads((checkout / "reports/latest/run.json").read_text("utf-8"))
    assert described["baseline"] == str(before)


def test_path_that_is_no_utf_8_is_spelt_in_every_report(checkout):
    folder = os.fsdecode(b"r\xff")
    done = run(checkout, *INPROCESS, "--report", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    made = checkout / folder / "latest"
    assert r"r\udcff" in (made / "junit.xml").read_text("utf-8")
    assert r"r\udcff" in (made / "index.html").read_text("utf-8")
    script = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
    again = [sys.executable, "-c", script, "report", str(made)]
    done = subprocess.run(again, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr


def test_run_on_the_only_card(checkout):
    done = run(checkout, *PCSC, **place("one card", checkout))
    assert done.returncode == 0, done.stdout + done.stderr
    done = run(checkout, *PCSC, "--reader", "B", "--eid", ONE, **os.environ)
    assert done.returncode == 3


@pytest.mark.parametrize("after", [0, 3, 30])
def test_card_that_leaves_its_reader(checkout, after):
    settings = {**place("one card", checkout), "RSPLAB_TEST_LEAVES": str(after)}
    done = run(checkout, *PCSC, "--reader", "B", **settings)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "No smart card inserted" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_nothing_applied(checkout):
    case = (checkout / "suites/test_one.py").read_text()
    (checkout / "suites/test_one.py").write_text(case.replace("read-only", "destructive"))
    done = run(checkout, *INPROCESS, "--level", "read-only")
    assert done.returncode == 3, done.stdout + done.stderr
    said_once(done, "no case applied: nothing was tested")


def repeat(checkout, times, more=""):
    """Makes the one case several, each with its number `n`, and with these lines before."""
    file = checkout / "suites/test_one.py"
    case = file.read_text().replace("def test_eid(card):", "def test_eid(card, n):")
    case = case.replace("    warnings.warn", f"{more}    warnings.warn")
    many = f'@pytest.mark.parametrize("n", range({times}))\n@testcase'
    file.write_text("import os, signal\nimport pytest\n" + case.replace("@testcase", many))


@pytest.mark.parametrize(
    ("fault", "code"), [("information.eid.other-check-digit", 1), ("hostile.dies", 3)]
)
def test_red_run(checkout, fault, code):
    repeat(checkout, 40)
    done = run(checkout, *INPROCESS, "--card-fault", fault)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("the card is gone: " if code == 3 else "FAIL") in done.stdout


def test_interrupted_run_is_not_green(checkout):
    repeat(checkout, 3, "    if n: os.kill(os.getpid(), signal.SIGINT)\n")
    done = run(checkout, *INPROCESS)
    assert done.returncode == 130, done.stdout + done.stderr
    said_once(done, "INTERRUPTED, not green: interrupted after 1 of 3 cases")


COMMANDS = {
    "lpa info": ("lpa", "info"),
    "lpa list": ("lpa", "list"),
    "lpa enable": ("lpa", "enable", "89999000000000000012", "--eid", OTHER),
    "ota": ("ota", "update-metadata", "--name", "x"),
    "recover": ("recover",),
    "card tree": ("card", "tree"),
    "card read": ("card", "read", "MF/EF.DIR"),
}


@pytest.fixture
def readers(monkeypatch, tmp_path):
    """Returns a function that puts these readers on this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RSPLAB_JOURNALS", str(tmp_path / "journals"))

    def put(model):
        fake_scard.forget()
        if MODELS[model] is None:
            monkeypatch.delenv("RSPLAB_TEST_READERS", raising=False)
        else:
            monkeypatch.setenv("RSPLAB_TEST_READERS", json.dumps(MODELS[model]))
        monkeypatch.setattr(reader, "_library", lambda: fake_scard)

    return put


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(("model", "words", "said"), PLACES.values(), ids=PLACES)
def test_every_command_chooses_its_reader_the_same_way(
    readers, capsys, model, words, said, command
):
    readers(model)
    assert main([*command, *words]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"rsplab: {said}")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_without_pyscard(capsys, monkeypatch, command):
    monkeypatch.setitem(sys.modules, "smartcard", None)
    assert main(list(command)) == 3
    assert capsys.readouterr().err == (
        "rsplab: pyscard is not installed: pip install 'rsplab[pcsc]'\n"
    )


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_eid_that_is_none(readers, capsys, command):
    readers("one card")
    assert main([*command, "--eid", "12"]) == 2
    assert capsys.readouterr().err.startswith("rsplab: --eid: EID '12': expected 32 decimal digits")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_aid_that_is_none(readers, capsys, command):
    readers("one card")
    assert main([*command, "--isdr-aid", "A0"]) == 2
    assert capsys.readouterr().err.startswith("rsplab: --isdr-aid 'A0': expected 5 to 16 octets")


@pytest.mark.parametrize("command", ["lpa info", "card read", "recover"])
def test_aid_that_the_card_does_not_know(readers, capsys, command):
    readers("one card")
    words = (*COMMANDS[command], "--reader", "B", "--eid", ONE, "--isdr-aid", "A000000559101099")
    assert main(list(words)) in (1, 3)
    assert "SELECT ISD-R: SW 6A82" in capsys.readouterr().err


def test_lpa_lists_with_the_only_card(readers, capsys):
    readers("one card")
    assert main(["lpa", "list"]) == 0
    assert capsys.readouterr().out == "no Profile is installed\n"


OTHERS = {
    "unknown command": (("runs",), 2, "did you mean run?"),
    "unknown option": (("run", "--seeed", "3"), 2, "--seeed; did you mean --seed?"),
    "unknown sub-command": (("lpa", "lst"), 2, "did you mean list?"),
    "no command": ((), 2, "the following arguments are required: COMMAND"),
    "level": (("run", "--level", "all"), 2, "choose from 'read-only', 'profiles', 'destructive'"),
    "suites": (("run", "--suites", "nowhere"), 3, "no suites in nowhere: "),
    "coverage": (("coverage", "nowhere"), 3, "nowhere: No such file or directory; `rsplab run`"),
    "report": (("report", "nowhere"), 3, "nowhere/run.json: no such file; name the folder of a"),
    "lpa, credentials": (("lpa", "info", *INPROCESS, "--pki", "nowhere"), 2, PKI_TEXT),
    "recover, new card": (("recover", *INPROCESS), 2, "each run has a new card; nothing is to be"),
    "recover, no file": (("recover", "--target", "kept"), 2, "--state FILE go together"),
    "recover, not there": (
        ("recover", "--target", "kept", "--state", "none.db"),
        2,
        "--state none.db: no such file, so no run changed its card",
    ),
}


@pytest.mark.parametrize(("words", "code", "said"), OTHERS.values(), ids=OTHERS)
def test_other_situations(tmp_path, monkeypatch, capsys, words, code, said):
    monkeypatch.chdir(tmp_path)
    try:
        ended = main(list(words))
    except SystemExit as problem:
        ended = problem.code
    assert ended == code
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
