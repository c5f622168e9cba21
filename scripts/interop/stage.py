"""What every case of the interoperability stage stands on: commands that are recorded, and results in a table."""

import os
import pty
import re
import shlex
import subprocess
import threading
import time
from dataclasses import dataclass, field

# Seconds that one command may take.
LIMIT = 120
# What is shown of a command's output when a case fails.
SHOWN = 4000
# An identity token says nothing to whoever reads a failure, and has expired by then.
TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")


class CaseFailed(Exception):
    """A case did not come out as it must; the text says what was run and what came."""


@dataclass
class Ran:
    """One command that has run."""

    command: list
    status: int
    output: str

    def __str__(self):
        output = self.output if len(self.output) <= SHOWN else self.output[-SHOWN:]
        return f"$ {TOKEN.sub('TOKEN', shlex.join(self.command))}\nexit status {self.status}\n{output.rstrip()}"


class Shell:
    """Runs programs in an environment of their own: an empty home, no variable of ours, no way out of the machine."""

    def __init__(self, home):
        home.mkdir(parents=True, exist_ok=True)
        # Port 9 refuses: what asks for anything else than the loopback interface fails at once.
        trap = "http://127.0.0.1:9"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "http_proxy": trap,
            "https_proxy": trap,
            "HTTP_PROXY": trap,
            "HTTPS_PROXY": trap,
            "no_proxy": "127.0.0.1,localhost",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def run(self, *command, environment=None, folder=None):
        command = [str(part) for part in command]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LIMIT,
                env={**self.environment, **(environment or {})},
                cwd=folder,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return Ran(command, -1, f"still running after {LIMIT} s\n{(late.output or b'').decode(errors='replace')}")
        except OSError as error:
            return Ran(command, -1, str(error))
        return Ran(command, done.returncode, done.stdout.decode(errors="replace"))

    def run_at_terminal(self, *command, typed="", environment=None):
        """The same at a terminal, where somebody types this."""
        command = [str(part) for part in command]
        ours, theirs = pty.openpty()
        try:
            process = subprocess.Popen(
                command, stdin=theirs, stdout=theirs, stderr=theirs, env={**self.environment, **(environment or {})},
                start_new_session=True,
            )
        except OSError as error:
            os.close(ours)
            return Ran(command, -1, str(error))
        finally:
            os.close(theirs)
        ended = threading.Timer(LIMIT, process.kill)
        ended.start()
        # The terminal keeps it until it is read.
        os.write(ours, typed.encode())
        output = b""
        try:
            while piece := os.read(ours, 65536):
                output += piece
        except OSError:
            pass  # so a terminal ends whose program has gone
        finally:
            os.close(ours)
        status = process.wait()
        ended.cancel()
        return Ran(command, status, output.decode(errors="replace"))


def expect_success(ran):
    if ran.status != 0:
        raise CaseFailed(f"this must succeed:\n{ran}")
    return ran


def expect_refusal(ran, statuses=None):
    """A refusal is an exit status that says so; a usage error or a crash is none where the program tells them apart."""
    if ran.status == 0:
        raise CaseFailed(f"this must be refused:\n{ran}")
    if statuses and ran.status not in statuses:
        raise CaseFailed(f"this must be refused with exit status {statuses}:\n{ran}")
    return ran


@dataclass
class Row:
    """One line of the table."""

    case: str
    signer: str
    verifier: str
    result: str
    reason: str = ""
    seconds: float = 0.0


@dataclass
class Table:
    """The results so far."""

    rows: list = field(default_factory=list)
    only: str = ""

    def run(self, case, signer, verifier, check, divergence=None):
        """Runs one case. A known divergence must still be one: a peer that has changed its mind is news."""
        wanted = not self.only or self.only in f"{case} {signer} {verifier}"
        # What is read must be signed first, whoever reads it.
        if not wanted and verifier != "(signing)":
            return
        began = time.monotonic()
        try:
            check()
            failure = None
        except CaseFailed as failed:
            failure = str(failed)
        seconds = time.monotonic() - began
        if divergence and failure:
            result, reason = "diverges", divergence
        elif divergence:
            result, reason = "FAIL", f"known as a divergence ({divergence}), and it is none any more: say so in docs/interop.md"
        elif failure:
            result, reason = "FAIL", failure
        else:
            result, reason = "ok", ""
        if wanted:
            self.rows.append(Row(case, signer, verifier, result, reason, seconds))

    def print(self):
        rows = sorted(self.rows, key=lambda row: (row.signer, row.case, row.verifier))
        width = max([len(row.case) for row in rows] + [4])
        print(f"\n{'case':{width}}  {'signed by':14} {'read by':14} result")
        for row in rows:
            reason = f"  {row.reason}" if row.result == "diverges" else ""
            print(f"{row.case:{width}}  {row.signer:14} {row.verifier:14} {row.result}{reason}")
        failures = [row for row in rows if row.result == "FAIL"]
        for row in failures:
            print(f"\n--- {row.case}: signed by {row.signer}, read by {row.verifier}\n{row.reason}")
        counts = {name: sum(row.result == name for row in rows) for name in ("ok", "diverges", "FAIL")}
        print(f"\n{counts['ok']} ok, {counts['diverges']} known divergences, {counts['FAIL']} failed")
        return not failures and bool(rows)
