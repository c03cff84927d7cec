"""What `docs/deploy.md` and `wrangler.toml` promise to who deploys."""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from pop.project import node

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "deploy.md").read_text()
CONFIG = (ROOT / "wrangler.toml").read_text()

# Where the code asks for a variable or a binding, and where a helper of its own does it for a name that it is given.
_READ = re.compile(
    r"""(?:\bvar\(|_required\(env, |getattr\(self\._env, )"([A-Z][A-Z0-9_]+)"|\b_?env\.([A-Z][A-Z0-9_]+)\b"""
    r"""|"([A-Z]+_(?:API_KEY|BASE_URL))\""""
)
_CODE = re.compile(r"^```sh\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)


def names_read() -> set[str]:
    """Of variables, secrets and bindings."""
    sources = (path.read_text() for path in (ROOT / "worker" / "src").rglob("*.py"))
    return {match[1] or match[2] or match[3] for source in sources for match in _READ.finditer(source)}


def names_configured() -> set[str]:
    """The bindings and variables that `wrangler.toml` sets."""
    config = tomllib.loads(CONFIG)
    lists = [config.get(key, []) for key in ("d1_databases", "kv_namespaces", "r2_buckets", "ratelimits")]
    lists += [config.get("durable_objects", {}).get("bindings", []), [config["ai"]]]
    names = [entry.get("binding") or entry["name"] for each in lists for entry in each]
    return {*names, *config["vars"]}


def lines_of_code() -> list[str]:
    """What the guide shows in blocks for a shell, and in its text."""
    return [line for match in _CODE.finditer(GUIDE) for line in (match[1] or match[2]).splitlines()]


def commands_shown() -> list[list[str]]:
    """The words behind `wrangler`."""
    found = (re.search(r"(?:^|\| )wrangler (.+)", line) for line in lines_of_code())
    return [shlex.split(match[1], comments=True) for match in found if match]


def test_the_code_reads_what_we_think() -> None:
    assert {
        "AI",
        "DB",
        "KV",
        "R2",
        "LIMITS",
        "SESSION_SECRET",
        "OIDC_ISSUER",
        "ACCESS_AUD",
        "AI_GATEWAY_TOKEN",
        "ANTHROPIC_API_KEY",
        "LOG_CONTENT",
    } <= names_read()


@pytest.mark.parametrize("name", sorted(names_read()))
def test_what_the_code_reads_is_documented(name: str) -> None:
    assert re.search(rf"`{name}`", GUIDE), f"docs/deploy.md does not explain {name}"
    assert re.search(rf"\b{name}\b", CONFIG), f"wrangler.toml does not name {name}"


def test_what_is_configured_is_documented() -> None:
    assert {name for name in names_configured() if f"`{name}`" not in GUIDE} == set()


def test_every_binding_is_explained_where_it_is() -> None:
    before = re.findall(r"^(.*)\n\[\[(?:\w+\.)*\w+\]\]|^(.*)\n\[ai\]", CONFIG, re.MULTILINE)
    assert len(before) >= 5
    assert [line for pair in before if not (line := "".join(pair)).startswith("#")] == []


def test_every_command_of_the_guide_is_one_of_wranglers() -> None:
    script = Path(__file__).parent / "wrangler_commands.mjs"
    listed = subprocess.run([node(), script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    known: dict[str, list[str]] = json.loads(listed)
    assert len(commands_shown()) > 15
    for shown in commands_shown():
        plain = [word for word in shown if not word.startswith("-")]
        name = next((" ".join(plain[:size]) for size in (3, 2, 1) if " ".join(plain[:size]) in known), None)
        assert name, f"wrangler has no command {shown!r}"
        options = [word.removeprefix("--").partition("=")[0] for word in shown if word.startswith("--")]
        assert [option for option in options if option not in known[name]] == [], shown


def test_every_target_of_make_in_the_guide_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {target for line in lines_of_code() for target in re.findall(r"^make ([a-z-]+)", line)}
    assert {"deploy", "dev", "setup"} <= shown <= targets
