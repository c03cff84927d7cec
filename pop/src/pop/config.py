"""pop's wrangler configuration, derived from the Worker's own: only the runtime and the AI binding differ."""

from pathlib import Path
from typing import Any

from pop.errors import PopError

# Of the production configuration, what belongs to the runtime or the deploy and not to the Worker.
_REPLACED = ("main", "build", "ai", "compatibility_flags", "python_modules", "rules", "env", "limits", "observability")

AI_BINDING = "POP_AI"
AI_URL = "POP_AI_URL"
"""Variables by which `host/entry.mjs` learns the name of the AI binding, and where the local AI listens."""


def derive(config: dict[str, Any], root: Path, target: Path) -> dict[str, Any]:
    """The configuration of the host Worker in folder `target`, from the production one in folder `root`."""
    flags = config.get("compatibility_flags", [])
    if "python_workers" not in flags:
        raise PopError('The Worker is not a Python Worker: "python_workers" is not among its compatibility_flags.')
    derived = {key: value for key, value in config.items() if key not in _REPLACED} | {
        "main": "main.mjs",
        "no_bundle": True,
        "find_additional_modules": True,
        "base_dir": ".",
        "rules": [
            {"type": "ESModule", "globs": ["*.mjs"], "fallthrough": False},
            {"type": "CompiledWasm", "globs": ["*.wasm"], "fallthrough": False},
            {"type": "Data", "globs": ["*.bin", "*.zip"], "fallthrough": False},
        ],
        "compatibility_flags": [flag for flag in flags if not flag.startswith("python_")],
        "vars": config.get("vars", {}) | ({AI_BINDING: config["ai"]["binding"]} if "ai" in config else {}),
    }

    def moved(path: str) -> str:
        return (root / path).relative_to(target, walk_up=True).as_posix()

    if "assets" in config:
        derived["assets"] = config["assets"] | {"directory": moved(config["assets"]["directory"])}
    if "d1_databases" in config:
        derived["d1_databases"] = [
            database | ({"migrations_dir": moved(database["migrations_dir"])} if "migrations_dir" in database else {})
            for database in config["d1_databases"]
        ]
    return derived


def durable_objects(config: dict[str, Any]) -> list[str]:
    """The Durable Object classes that the Worker itself defines."""
    bindings = config.get("durable_objects", {}).get("bindings", [])
    return list(dict.fromkeys(binding["class_name"] for binding in bindings if "script_name" not in binding))


def main_module(module: str, classes: list[str]) -> str:
    """The main module of the host Worker: imports the Python module, exports one entry point for each class."""
    lines = [
        'import { durableObject, load, workerEntrypoint } from "./entry.mjs";',
        f'await load("{module}");',
        'export default workerEntrypoint("Default");',
        *(f'export const {name} = durableObject("{name}");' for name in classes),
    ]
    return "\n".join([*lines, ""])
