import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from edgechat.errors import APICallError, InvalidToolInputError
from service.telemetry.log import JSONFormatter, configure
from service.telemetry.record import Record, current

log = logging.getLogger("edgechat.test")


@pytest.fixture
def record() -> Iterator[Record]:
    record = Record("GET")
    token = current.set(record)
    yield record
    current.reset(token)


def line_of(caplog: pytest.LogCaptureFixture, *, with_content: bool = False) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(JSONFormatter(with_content=with_content).format(caplog.records[-1]))
    return line


def test_a_line_is_json_with_time_level_and_message(caplog: pytest.LogCaptureFixture) -> None:
    log.warning('%s said "no"\n', "KV")
    line = line_of(caplog)
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "warning", "message": 'KV said "no"\n'}


def test_lines_of_a_request_have_its_id_and_fields(record: Record, caplog: pytest.LogCaptureFixture) -> None:
    log.warning("odd", extra={"fields": {"status": 200}})
    assert line_of(caplog)["requestId"] == record.id
    assert line_of(caplog)["status"] == 200


def test_an_exception_has_its_traceback_and_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    try:
        try:
            raise ValueError("first")
        except ValueError as error:
            raise RuntimeError("second") from error
    except RuntimeError:
        log.exception("It failed")
    line = line_of(caplog)
    assert line["message"] == "It failed"
    assert "test_telemetry_log.py" in line["exception"]
    assert line["exception"].index("ValueError: first") < line["exception"].index("RuntimeError: second")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (APICallError("bad prompt: my diary", status=400, code=3006), "APICallError (status 400, code 3006)"),
        (InvalidToolInputError("weather", "{}", "no city: my diary"), "InvalidToolInputError"),
    ],
)
def test_what_models_and_servers_quote_is_not_logged(
    error: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise error
    except Exception as caught:
        log.exception("It failed: %s", caught)
    text = JSONFormatter().format(caplog.records[-1])
    assert "diary" not in text
    assert line_of(caplog)["message"] == f"It failed: {told}"
    assert line_of(caplog)["exception"].endswith(told)
    assert "diary" in JSONFormatter(with_content=True).format(caplog.records[-1])


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl",
        "Bearer sk-live-c2lnbmF0dXJl",
        "__Host-edgechat=c2lnbmF0dXJl; Path=/",
    ],
)
@pytest.mark.parametrize("with_content", [False, True])
def test_what_opens_a_door_is_not_logged(secret: str, with_content: bool, caplog: pytest.LogCaptureFixture) -> None:
    log.warning("refused: %s", secret)
    log.warning("refused", extra={"fields": {"header": secret}})
    for record in caplog.records:
        text = JSONFormatter(with_content=with_content).format(record)
        assert "c2lnbmF0dXJl" not in text
        assert json.loads(text)


def test_a_line_goes_out_whatever_is_in_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.Logger("root")
    monkeypatch.setattr(logging, "getLogger", lambda: root)
    configure()
    configure()
    root.info("one %s", object(), extra={"fields": {"odd": {1, 2}, "other": 2 + 3j}})
    root.error("two")
    out, err = capsys.readouterr()
    assert json.loads(out)["odd"] == [1, 2]
    assert json.loads(out)["other"] == "(2+3j)"
    assert json.loads(err)["message"] == "two"
