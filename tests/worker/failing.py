"""The chat service on bindings that fail when a test wants it: real workerd, with `faults/faulty.py` at the rim."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
from live import ROOT, Pop

HURRY = {
    "edgechat.generate.retry.INITIAL_DELAY": 0.05,
    "service.answer.FIRST_TOKEN": 1.5,
    "service.answer.SILENCE": 1.5,
    "service.history.memory.READ_DELAYS": [],
    "service.history.memory.SAVE_DELAYS": [0.05, 0.05],
    "service.stores.DATABASE": 0.5,
    "service.tape.RETRY": 300,
}
"""So much patience a test has."""

FAULTY = Path(__file__).parent / "faults" / "faulty.py"


class FailingPop(Pop):
    @classmethod
    def start(cls, folder: Path, *options: str) -> Self:
        """Builds the Worker with the faults in a folder of its own, and runs it."""
        for path in ROOT.iterdir():
            if path.name not in (".git", ".pop", "worker", "wrangler.toml"):
                (folder / path.name).symlink_to(path)
        shutil.copytree(ROOT / "worker", folder / "worker")
        shutil.copy(FAULTY, folder / "worker" / "src")
        config = (ROOT / "wrangler.toml").read_text()
        product, faulty = 'main = "worker/src/entry.py"', f'main = "worker/src/{FAULTY.name}"'
        assert product in config
        (folder / "wrangler.toml").write_text(config.replace(product, faulty))
        for built in ("worker", "stamps"):  # what is the same need not be built again
            shutil.copytree(ROOT / ".pop" / built, folder / ".pop" / built)
        pop = cls(folder / "wrangler.toml", folder / ".pop" / "state", *options)
        pop.wait_for("Ready on")
        return pop

    def forget(self) -> None:
        """The isolate becomes one that knows nothing of the models yet."""
        self._use({"forgets": True})

    @contextmanager
    def failing(self, *faults: dict[str, Any], clock: float = 0, **constants: Any) -> Iterator[None]:
        """In the block the faults are there (see `faulty.Faults`), and each has to strike."""
        self._use({"faults": faults, "clock": clock, "constants": HURRY | constants})
        try:
            yield
        finally:
            hits = self._use({})
        assert 0 not in hits, f"of the faults {faults}, so many have struck: {hits}"

    def _use(self, faults: dict[str, Any]) -> list[int]:
        hits: list[int] = httpx.put(f"{self.url}/api/faults", json=faults).raise_for_status().json()
        return hits


def fault(at: str, **fields: Any) -> dict[str, Any]:
    return {"at": at, **fields}
