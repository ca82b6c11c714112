"""Runs with a server as the product: ours passes, a faulty one is found, wrong use is refused."""

import json

import pytest

from rspharness.cli.main import main

pytestmark = pytest.mark.once


@pytest.fixture
def run(tmp_path, capsys):
    """Returns a function that runs `rsplab run` and returns code, results and what was printed."""

    def run(*options):
        code = main(["run", "--report", str(tmp_path), *options])
        printed = capsys.readouterr()
        file = tmp_path / "latest" / "results.json"
        results = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        return code, results, printed.out + printed.err

    return run


def test_our_own_server_passes_and_the_report_is_that_of_a_card(run):
    code, results, _ = run("--smdpp", "own", "--case", "ES9+.InitiateAuthentication*")
    assert code == 0
    verdicts = {case["verdict"] for case in results["cases"]}
    assert verdicts == {"pass", "probe"}
    assert results["facts"]["server"].startswith("localhost:")
    again = results["cases"][0]["again"]
    assert "--smdpp own" in again
    assert "--target" not in again


def test_a_faulty_server_fails_in_the_row_of_its_fault(run):
    own = "own:--fault es9.server_signed1.euicc_challenge"
    code, results, printed = run("--smdpp", own, "--case", "ES9+.InitiateAuthentication#1[5-9]")
    assert code == 1
    failed = [case["ids"] for case in results["cases"] if case["verdict"] == "fail"]
    assert failed == [["ES9+.InitiateAuthentication#18"]]
    assert "actual       00000000" in printed


def test_kills_run_the_cases_on_their_faults(run):
    code, _, printed = run("--smdpp", "own", "--kills", "--case", "ES9+.InitiateAuthentication#17")
    assert code == 0
    assert "1 killed" in printed


def test_without_orders_only_what_costs_none_is_run(run, served):
    code, results, _ = run(
        "--smdpp", served.url, "--case", "ES9+.AuthenticateClient#1*", "--case", "ES9+.TLS#04"
    )
    assert code == 0
    verdicts = {case["ids"][0]: case["verdict"] for case in results["cases"]}
    assert verdicts.pop("ES9+.TLS#04") == "pass"
    assert set(verdicts.values()) == {"not applicable"}


def test_a_served_one_with_its_management_port_passes(run, served):
    options = ("--smdpp", served.url, "--provision", served.provision)
    code, results, _ = run(*options, "--case", "ES9+.HandleNotification#1*")
    assert code == 0
    assert {case["verdict"] for case in results["cases"]} == {"pass"}
    assert results["notes"] == ["orders made at the server: 3"]


def test_a_script_makes_orders(run, served, tmp_path):
    script = tmp_path / "order.py"
    script.write_text(
        "import json, sys\n"
        "from rspharness.peers.provision import Management, OrderWish\n"
        "from rspharness.record.trace import Trace\n"
        "wish = json.load(sys.stdin)\n"
        "if set(wish) - {'profile'}:\n"
        "    sys.exit(3)\n"
        f"port = Management({served.provision.partition(':')[2]!r})\n"
        "made = port.order(OrderWish(**wish), Trace())\n"
        "print(json.dumps({'matchingId': made.matching_id, 'iccid': made.iccid}))\n",
        "utf-8",
    )
    import sys  # noqa: PLC0415  only here

    way = f"script:{sys.executable} {script}"
    code, results, _ = run(
        *("--smdpp", served.url, "--provision", way),
        *("--case", "ES9+.AuthenticateClient#11", "--case", "ES9+.AuthenticateClient#22"),
    )
    assert code == 0
    verdicts = {case["ids"][0]: case["verdict"] for case in results["cases"]}
    assert verdicts["ES9+.AuthenticateClient#11"] == "pass"
    assert verdicts["ES9+.AuthenticateClient#22"] == "not applicable"


def test_a_server_that_is_not_there_ends_the_run_with_3(run):
    code, _, printed = run("--smdpp", "https://localhost:9")
    assert code == 3
    assert "name another by --smdpp" in printed


def test_another_pki_ends_the_run_with_3(run, served, other_pki):
    code, _, printed = run("--smdpp", served.url, "--pki", str(other_pki))
    assert code == 3
    assert "--pki names the folder" in printed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--smdpp", "http://localhost"), "expected https://HOST:PORT"),
        (("--smdpp", "https://localhost", "--kills"), "--smdpp own"),
        (("--smdpp", "own", "--also", "fixtures/targets"), "--also is for a card"),
    ],
)
def test_wrong_use_is_refused(run, options, said):
    code, _, printed = run(*options)
    assert code == 2
    assert said in printed


def test_unknown_way_of_provision_is_refused(run, served):
    code, _, printed = run("--smdpp", served.url, "--provision", "managements:x")
    assert code == 2
    assert "near it: management" in printed


def test_our_own_sm_ds_passes(run):
    code, results, _ = run("--smds", "own", "--case", "ES12.DeleteEvent#1*")
    assert code == 0
    assert {case["verdict"] for case in results["cases"]} == {"pass"}
    assert "--smds own" in results["cases"][0]["again"]


def test_a_faulty_sm_ds_fails_in_the_row_of_its_fault(run):
    own = "own:--fault es12.not_carried_out,function=deleteEvent"
    code, results, _ = run("--smds", own, "--case", "ES12.DeleteEvent#1[15]")
    assert code == 1
    verdicts = {case["ids"][0]: case["verdict"] for case in results["cases"]}
    assert verdicts["ES12.DeleteEvent#11"] == "fail"


@pytest.mark.parametrize(
    ("product", "case"),
    [("--smdpp", "ES2+.DownloadOrder#0[126]"), ("--smds", "ES12.RegisterEvent#1[12]")],
)
def test_server_with_tls_on_brainpool_alone_is_called_by_operators_and_servers(run, product, case):
    own = "own:--curves brainpoolP256r1,nistP256"
    code, results, _ = run(product, own, "--case", case)
    assert code == 0
    assert {one["verdict"] for one in results["cases"]} == {"pass"}


@pytest.mark.parametrize(
    ("serve", "verdict"), [("--no-offer-kept-otpk", "not applicable"), ("--vary 1", "pass")]
)
def test_whether_a_key_is_offered_again_is_read_from_the_policy(run, serve, verdict):
    row = "ES9+.GetBoundProfilePackage#29"
    code, results, _ = run("--smdpp", f"own:{serve}", "--case", row, "--case", "ES9+.TLS#01")
    assert code == 0
    verdicts = {case["ids"][0]: case["verdict"] for case in results["cases"]}
    assert verdicts[row] == verdict


def test_two_products_are_refused(run):
    code, _, printed = run("--smdpp", "own", "--smds", "own")
    assert code == 2
    assert "name one of them" in printed


V3_ROW = "ES9+.CheckProgress#01"


@pytest.mark.parametrize(
    ("own", "verdict"), [("own", "pass"), ("own:--protocol-version 2.5.0", "not applicable")]
)
def test_rows_of_version_3_are_for_a_server_of_version_3(run, own, verdict):
    _, results, _ = run("--smdpp", own, "--case", V3_ROW, "--case", "ES9+.TLS#04")
    verdicts = {case["ids"][0]: case["verdict"] for case in results["cases"]}
    assert verdicts == {V3_ROW: verdict, "ES9+.TLS#04": "pass"}


def test_declaration_is_held_against_the_answers_of_a_server(tmp_path, capsys):
    file = tmp_path / "mine.toml"
    head = 'kind = "server"\nname = "mine"\nrelease = "2.5"\n'
    file.write_text(
        head + "[options]\nS_ORDERS = true\nS_REUSE = true\nS_BRP = false\n"
        '[values]\nprofile_type = "RSPLAB-NONE"\n'
    )
    check = ["ics", "check", str(file), "--smdpp"]
    assert main([*check, "own:--no-offer-kept-otpk"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "[options] S_BRP: declared False, seen True at the server",
        "[options] S_REUSE: declared True, seen False at the server",
        "[values] profile_type: declared 'RSPLAB-NONE', DownloadOrder of it: 8.2.5/3.9",
        "3 of 5 declarations are contradicted by the server",
    ]
    file.write_text(head + "[options]\nS_ORDERS = true\nS_REUSE = true\nS_ELIGIBILITY = true\n")
    assert main([*check, "own"]) == 0
    assert "0 of 4" in capsys.readouterr().out
    assert main(check[:-1]) == 2
    assert "name it by --smdpp URL" in capsys.readouterr().err
    file.write_text(head + "[options]\nS_ORDER = true\n")
    assert main([*check, "own"]) == 2
    assert "S_ORDERS" in capsys.readouterr().err
