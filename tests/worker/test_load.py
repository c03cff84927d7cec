"""The load benchmark, in small: both sides keep all that is said, and it says so."""

import re
import subprocess
import sys

from live import ROOT

OPTIONS = ("--streams=8", "--minutes=0.15", "--turns=40", "--blocks=1")


def test_nothing_is_lost_on_either_side() -> None:
    command = [sys.executable, "-m", "bench.load", *OPTIONS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [re.findall(r"[\d,]+", line) for line in done.stdout.splitlines() if line.startswith("| messages in the")]
    streams, short = ([int(cell.replace(",", "")) for cell in row] for row in rows)
    assert min(streams) >= 2 * 8
    assert short == [80, 80]
