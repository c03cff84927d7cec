from pathlib import Path

import pytest

from pop.steps import Step, run_steps


class Recorder:
    """A build of two steps that notes which of them ran."""

    def __init__(self, folder: Path) -> None:
        self.ran: list[str] = []
        self.source, self.output, self.stamps = folder / "source", folder / "output", folder / "stamps"
        self.source.mkdir()
        (self.source / "a.txt").write_text("1")

    def run(self, *, settings: str = "") -> list[str]:
        self.ran = []
        one = Step("One thing", self._one, [self.source], [self.output], settings=[settings])
        two = Step("Another thing", lambda: self.ran.append("two"), [self.output], [])
        assert run_steps([one, two], self.stamps) == len(self.ran)
        return self.ran

    def _one(self) -> None:
        self.ran.append("one")
        self.output.write_text("".join(path.read_text() for path in sorted(self.source.iterdir()) if path.is_file()))


@pytest.fixture
def build(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


def test_a_step_runs_once_while_nothing_changes(build: Recorder) -> None:
    assert build.run() == ["one", "two"]
    assert build.run() == []


def test_a_changed_input_runs_its_step_and_those_that_follow_from_it(build: Recorder) -> None:
    build.run()
    (build.source / "a.txt").write_text("2")
    assert build.run() == ["one", "two"]


def test_a_new_input_file_counts(build: Recorder) -> None:
    build.run()
    (build.source / "b.txt").write_text("")
    assert build.run() == ["one"]


def test_caches_of_python_do_not_count(build: Recorder) -> None:
    build.run()
    (build.source / "__pycache__").mkdir()
    (build.source / "__pycache__" / "a.pyc").write_text("")
    assert build.run() == []


def test_a_changed_setting_counts(build: Recorder) -> None:
    build.run()
    assert build.run(settings="2") == ["one"]


def test_a_missing_output_is_made_again(build: Recorder) -> None:
    build.run()
    build.output.unlink()
    assert build.run() == ["one"]


def test_a_failed_step_runs_again(tmp_path: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            run_steps([Step("Bad", fail, [], [])], tmp_path)


def test_it_says_what_it_does_and_how_far_it_is(build: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    build.run()
    build.run()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[1/2] One thing ... ")
    assert lines[0].endswith(" s")
    assert lines[3] == "[2/2] Another thing ... up to date"


def test_a_step_may_keep_its_stamp_elsewhere(tmp_path: Path) -> None:
    ran = []
    step = Step("Here", lambda: ran.append(1), [], [], stamps=tmp_path / "own")
    run_steps([step], tmp_path / "stamps", quiet=True)
    run_steps([step], tmp_path / "others", quiet=True)
    assert ran == [1]
