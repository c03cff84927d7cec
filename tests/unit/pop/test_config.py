import tomllib
from pathlib import Path

import pytest

from pop import config
from pop.errors import PopError

PRODUCTION = """
name = "x"
main = "worker/src/entry.py"
compatibility_date = "2026-09-08"
compatibility_flags = ["python_workers", "python_workers_314", "enable_request_signal"]
vars = { COLOR = "red" }
limits = { cpu_ms = 100 }
triggers = { crons = ["* * * * *"] }
[build]
command = "make"
[assets]
directory = "web/dist"
run_worker_first = ["/api/*"]
[ai]
binding = "AI"
[[d1_databases]]
binding = "DB"
migrations_dir = "worker/migrations"
[[d1_databases]]
binding = "OTHER"
[[durable_objects.bindings]]
name = "ROOM"
class_name = "Room"
[[durable_objects.bindings]]
name = "ROOM2"
class_name = "Room"
[[durable_objects.bindings]]
name = "FAR"
class_name = "Far"
script_name = "another-worker"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["Room"]
"""
ROOT, TARGET = Path("/project"), Path("/project/.pop/worker")


def test_all_but_the_runtime_and_the_ai_binding_stays() -> None:
    production = tomllib.loads(PRODUCTION)
    derived = config.derive(production, ROOT, TARGET)
    assert derived["main"] == "main.mjs"
    assert derived["compatibility_flags"] == ["enable_request_signal"]
    assert derived["vars"] == {"COLOR": "red", "POP_AI": "AI"}
    assert not derived.keys() & {"ai", "build", "limits"}
    for key in ("name", "compatibility_date", "triggers", "durable_objects", "migrations"):
        assert derived[key] == production[key]


def test_paths_are_seen_from_the_new_folder() -> None:
    derived = config.derive(tomllib.loads(PRODUCTION), ROOT, TARGET)
    assert derived["assets"] == {"directory": "../../web/dist", "run_worker_first": ["/api/*"]}
    assert derived["d1_databases"] == [
        {"binding": "DB", "migrations_dir": "../../worker/migrations"},
        {"binding": "OTHER"},
    ]


def test_a_worker_without_ai_gets_none() -> None:
    derived = config.derive({"compatibility_flags": ["python_workers"]}, ROOT, TARGET)
    assert derived["vars"] == {}


def test_another_kind_of_worker_is_refused() -> None:
    with pytest.raises(PopError, match="not a Python Worker"):
        config.derive({"compatibility_flags": ["nodejs_compat"]}, ROOT, TARGET)


def test_the_main_module_exports_the_workers_own_classes() -> None:
    classes = config.durable_objects(tomllib.loads(PRODUCTION))
    assert classes == ["Room"]
    assert config.main_module("entry", classes).splitlines()[1:] == [
        'await load("entry");',
        'export default workerEntrypoint("Default");',
        'export const Room = durableObject("Room");',
    ]
