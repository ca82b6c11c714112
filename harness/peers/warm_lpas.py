"""Calls the LPAs of `fixtures/lpas` from a process that has the program loaded already.

    python warm_lpas.py serve SOCKET                   waits, and forks for each call
    python -I -S warm_lpas.py SOCKET NAME ARGUMENT...  has one call done there

A whole table calls its LPAs many hundred times, and loading the program takes longer than what a
call does. A call has the streams, the folder and the environment of its caller, and ends with it.
NAME is a program of that folder, or rsplab.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import threading

LPAS = os.path.join(os.path.dirname(__file__), "..", "..", "fixtures", "lpas")  # noqa: PTH118, PTH120  starts fast
MOST = 1 << 20
NO_ANSWER = b"70"
LOADED = (
    "rspcore.pki.certificate_parsing",
    "rspharness.cli.lpa_commands",
    "rspharness.cli.main",
    "rspharness.simulated.hostile",
    "rspsim.euicc.channels",
)
"""What a call needs; a caller does not load it."""


def call(place: str, arguments: list[str]) -> int:
    """Has a call done; returns its exit code, or ends by its signal."""
    with socket.socket(socket.AF_UNIX) as there:
        there.connect(place)
        words = {"arguments": arguments, "folder": os.getcwd(), "variables": dict(os.environ)}  # noqa: PTH109  starts fast
        socket.send_fds(there, [json.dumps(words).encode() + b"\n"], [0, 1, 2])
        code = int(there.recv(16) or NO_ANSWER)
    if code < 0:
        os.kill(os.getpid(), -code)
    return code


def serve(place: str) -> None:
    """Does calls until the process is ended; says "ready" on standard output."""
    from importlib import import_module  # noqa: PLC0415  a caller does not load them

    for one in LOADED:
        import_module(one)
    sys.path.insert(0, LPAS)
    stems = [one[:-3] for one in os.listdir(LPAS) if one.endswith(".py")]  # noqa: PTH208  as above
    programs = {one: __import__(one) for one in stems}
    programs["rsplab"] = None
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who kept a call is over, nobody asks
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen(16)
        print("ready", flush=True)
        while True:
            caller, _ = door.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                door.close()
                _keep(caller, programs)
            caller.close()


def _keep(caller: socket.socket, programs: dict) -> None:
    """Forks for the call itself, hands its exit code to the caller, and ends."""
    octets, streams, _, _ = socket.recv_fds(caller, MOST, 3)
    while not octets.endswith(b"\n"):
        octets += caller.recv(MOST)
    child = os.fork()
    if child == 0:
        caller.close()
        os._exit(_done(json.loads(octets), streams, programs))
    for one in streams:
        os.close(one)

    def end_with_caller() -> None:
        with contextlib.suppress(OSError):
            if not caller.recv(1):
                os.kill(child, signal.SIGKILL)

    threading.Thread(target=end_with_caller, daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        caller.sendall(str(code).encode())
    os._exit(0)


def _done(words: dict, streams: list[int], programs: dict) -> int:
    for number, one in enumerate(streams):
        os.dup2(one, number)
    os.chdir(words["folder"])
    os.environ.clear()
    os.environ.update(words["variables"])
    name, *arguments = words["arguments"]
    sys.argv = [name, *arguments]
    code: object = 1
    try:
        if programs[name] is None:
            from rspharness.cli.main import main  # noqa: PLC0415  a caller does not load it

            code = main(["lpa", *arguments])
        else:
            code = programs[name].run(arguments)
    except SystemExit as error:
        code = error.code
    except BaseException:  # noqa: BLE001  what ends a program that is called by its name
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(call(sys.argv[1], sys.argv[2:]))
