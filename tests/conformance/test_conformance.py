"""The cases that are at hand. They are no part of the repository."""

import pytest

from conformance.__main__ import DEFAULT, KINDS, find, load, run


@pytest.mark.parametrize("name", KINDS)
def test_the_recorded_cases_pass(name: str) -> None:
    files = find(DEFAULT, KINDS[name])
    kind = load(name)
    if not files or kind is None:
        pytest.skip(f"no {name} cases here" if kind else f"{name} is not run yet")
    result = run(kind, files)
    assert result.reaches(kind.BAR), "\n".join(result.failures[:20])
