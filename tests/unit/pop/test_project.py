from pathlib import Path

import pytest

from pop.errors import PopError
from pop.project import Project, node


def project(folder: Path, toml: str) -> Project:
    (folder / "wrangler.toml").write_text(toml)
    return Project(folder / "wrangler.toml")


def test_the_configuration_says_where_things_are(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        'main = "src/entry.py"\nbuild = { watch_dir = "lib" }\nai = { binding = "AI" }\n'
        '[[d1_databases]]\nbinding = "DB"\nmigrations_dir = "sql"',
    )
    assert found.main == tmp_path / "src" / "entry.py"
    assert found.watched == [tmp_path / "lib"]
    assert found.ai_binding == "AI"
    assert found.migrations == {"DB": tmp_path / "sql"}
    assert found.state == tmp_path / ".pop" / "state"


def test_the_state_may_be_kept_elsewhere(tmp_path: Path) -> None:
    assert Project(tmp_path / "wrangler.toml", tmp_path / "elsewhere").state == tmp_path / "elsewhere"


def test_a_missing_configuration_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PopError, match=r"There is no .*wrangler"):
        _ = Project(tmp_path / "wrangler.toml").config


def test_a_broken_configuration_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(PopError, match=r"not valid TOML: Expected '='"):
        _ = project(tmp_path, 'name = "x"\nbad').config


def test_npm_packages_are_found_in_a_folder_above(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "x" / "package.json"
    package.parent.mkdir(parents=True)
    package.write_text("{}")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert project(inner, "").npm("x/package.json") == package
    with pytest.raises(PopError, match="npm"):
        project(inner, "").npm("missing/package.json")


def test_a_tool_that_fails_shows_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(PopError, match=r"(?s)Trying failed:.*no such luck"):
        project(tmp_path, "").run(["sh", "-c", "echo no such luck; exit 3"], title="Trying")


def test_node_comes_with_its_package() -> None:
    assert node().exists()
