"""A build as a list of named steps, each skipped when what it depends on did not change."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Step:
    title: str
    """What the user reads while the step runs, such as "Taking the memory snapshot"."""
    run: Callable[[], None]
    inputs: Sequence[Path]
    """Files and folders whose content decides the outcome."""
    outputs: Sequence[Path]
    settings: Sequence[str] = ()
    """Anything else that decides the outcome, such as versions and flags."""
    stamps: Path | None = None
    """Where it is remembered that the step is done, if not with the others: beside what it changes."""

    def digest(self) -> str:
        """A hash of everything that decides the outcome."""
        sha = hashlib.sha256("\0".join((self.title, *self.settings)).encode())
        for root in self.inputs:
            for path in _files(root):
                sha.update(f"{path.relative_to(root.parent)}\0{path.stat().st_size}\0".encode())
                sha.update(path.read_bytes())
        return sha.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def run_steps(steps: Sequence[Step], stamps: Path, *, quiet: bool = False) -> int:
    """Runs the steps that are not up to date, in order. `stamps` is the folder that remembers what is done.

    Tells what it does and how far it is, unless `quiet`. Answers how many steps it took.
    """

    def say(text: str, end: str = "\n") -> None:
        if not quiet:
            print(text, end=end, flush=True)

    taken = 0
    for number, step in enumerate(steps, start=1):
        say(f"[{number}/{len(steps)}] {step.title} ... ", end="")
        stamp = (step.stamps or stamps) / step.title.lower().replace(" ", "-")
        digest = step.digest()
        if stamp.is_file() and stamp.read_text() == digest and all(path.exists() for path in step.outputs):
            say("up to date")
            continue
        stamp.unlink(missing_ok=True)
        started = time.monotonic()
        try:
            step.run()
        except BaseException:
            say("failed")
            raise
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(digest)
        say(f"{time.monotonic() - started:.1f} s")
        taken += 1
    return taken
