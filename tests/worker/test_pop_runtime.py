"""pop's runtime keeps what Cloudflare's promises: a Worker of its own (runtime/) shows it."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from live import Pop
from worker.runtime.src.probe import probe

from edgechat.testing import FakeD1, FakeKV, FakeR2

CONFIG = Path(__file__).parent / "runtime" / "wrangler.toml"


@pytest.fixture(scope="module")
def pop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pop]:
    pop = Pop(CONFIG, tmp_path_factory.mktemp("state"))
    pop.wait_for("Ready on")
    yield pop
    pop.stop()


@pytest.fixture(scope="module")
def worker(pop: Pop) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=pop.url, timeout=20) as client:
        yield client


def eventually(worker: httpx.Client, path: str, expected: object, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while (found := worker.get(path).json()) != expected:
        assert time.monotonic() < end, f"{path} is still {found!r}"
        time.sleep(0.05)


def test_python_has_its_variables_binary_modules_and_run_sync(worker: httpx.Client) -> None:
    assert worker.get("/platform").json() == {
        "color": "red",
        "msgspec": {"binary": "module"},
        "run_sync": "suspended",
    }


def test_kv_r2_and_d1_are_the_real_ones(worker: httpx.Client) -> None:
    assert worker.get("/storage").json() == {
        "kv": ["value", None],
        "r2": "content",
        "d1": [{"a": "x", "b": None}, {"a": "é", "b": 2}],
    }


def test_the_fakes_for_tests_are_like_the_real_ones(worker: httpx.Client) -> None:
    fakes = asyncio.run(probe(FakeKV(limits_writes=False), FakeD1(), FakeR2()))
    assert worker.get("/probe").json() == json.loads(json.dumps(fakes))


def test_random_numbers_differ_from_request_to_request(worker: httpx.Client) -> None:
    drawn = [tuple(worker.get("/entropy").json()) for _ in range(3)]
    assert len({number for number, _ in drawn}) == 3
    assert len({uuid for _, uuid in drawn}) == 3


def test_a_durable_object_keeps_rows_and_answers_rpc(worker: httpx.Client) -> None:
    answer = worker.get("/object").json()
    assert answer["first"]["n"] == 1
    assert answer["second"]["n"] == 3
    assert answer["second"]["note"] == {"deep": [None, "é"]}
    assert answer["second"]["created"] == answer["first"]["created"], "one instance serves both calls"
    assert answer["other"]["n"] == 10
    assert answer["other"]["created"] != answer["first"]["created"]
    assert answer["fetch"] == "PUT from the object"


def test_an_error_in_a_durable_object_reaches_its_caller(worker: httpx.Client) -> None:
    assert "ValueError: no such luck" in worker.get("/object-failure").json()


def test_an_alarm_rings(worker: httpx.Client) -> None:
    worker.get("/ring")
    eventually(worker, "/alarms", 1)


def test_a_cron_trigger_runs_the_scheduled_handler(worker: httpx.Client) -> None:
    assert worker.get("/cdn-cgi/handler/scheduled?cron=0+0+*+*+*").status_code == 200
    eventually(worker, "/kv?scheduled", "0 0 * * *")


def test_an_exception_is_a_500_and_its_traceback_is_in_the_log(pop: Pop, worker: httpx.Client) -> None:
    assert worker.get("/failure").status_code == 500
    pop.wait_for("ValueError: no such luck", timeout=5)


def test_what_is_no_response_is_a_500_that_says_so(pop: Pop, worker: httpx.Client) -> None:
    assert worker.get("/no-response").status_code == 500
    pop.wait_for("not JSON serializable", timeout=5)


def test_work_goes_on_after_the_answer_under_wait_until(worker: httpx.Client) -> None:
    worker.get("/background")
    eventually(worker, "/kv?background", "done")


def test_a_worker_hears_that_its_client_has_gone_and_can_still_save(worker: httpx.Client) -> None:
    with worker.stream("GET", "/endless") as response:
        assert next(response.iter_text())
    eventually(worker, "/kv?client", "gone")


def test_the_isolate_is_well_after_many_clients_have_gone(worker: httpx.Client) -> None:
    for _ in range(20):
        with worker.stream("GET", "/endless") as response:
            next(response.iter_raw())
    assert worker.get("/platform").status_code == 200
