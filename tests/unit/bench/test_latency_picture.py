from xml.etree import ElementTree

import pytest

from bench.chat import Felt
from bench.latency.__main__ import felt_table, split_table
from bench.latency.cases import CASES, Case
from bench.latency.lab import Runs
from bench.latency.picture import COLOURS, FIRST, RIGHT, SAID, draw

SVG = "{http://www.w3.org/2000/svg}"


def runs_of(case: Case, network: float = 10) -> Runs:
    """Three, of which the second is the one in the middle."""
    runs = Runs(case)
    for page in (1.0, 5.0, 100.0):
        stretches = {"page": page, "network": case.round_trip + network, "auth": 1.0, "history": 2.0}
        stretches |= {"model": case.first_ms + 4.0, "delivery": 8.0, "paint": 5.0}
        runs.warm.append(Felt(stretches, sum(stretches.values()), 2000))
    runs.cold.append(Felt(stretches, 400, 100))
    return runs


def test_a_bar_has_all_parts_of_the_run_in_the_middle() -> None:
    case = CASES[0]
    picture = ElementTree.fromstring(draw([runs_of(case)]))
    bars = [bar for bar in picture.iter(f"{SVG}rect") if bar.get("y") == "34.0"][: len(COLOURS)]
    assert [bar.get("fill") for bar in bars] == [
        COLOURS[part] for part in ("network", "model", "auth", "history", "Worker", "page", "not explained")
    ]
    widths = [float(bar.attrib["width"]) for bar in bars]
    felt = 10 + 45 + 1 + 2 + (4 + 8) + (5 + 5) + 10
    assert widths == pytest.approx([340 * ms / felt for ms in (10, 45, 1, 2, 12, 10, 10)], abs=0.1)
    assert [float(bar.attrib["x"]) for bar in bars] == pytest.approx(
        [FIRST + sum(widths[:at]) for at in range(len(widths))], abs=0.5
    )


def test_the_picture_says_what_was_measured_what_was_published_and_what_is_simulated() -> None:
    picture = ElementTree.fromstring(draw([runs_of(case) for case in CASES]))
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert "90 (55)" in texts
    assert "215 (180)" in texts
    assert {*SAID, *(case.label for case in CASES), "network (simulated)", "not explained"} <= set(texts)


def test_nothing_is_drawn_outside_the_picture() -> None:
    picture = ElementTree.fromstring(draw([runs_of(case, network=-50) for case in CASES]))
    assert picture.attrib["viewBox"].split()[2] == str(RIGHT)
    for bar in picture.iter(f"{SVG}rect"):
        assert float(bar.attrib["width"]) >= 0
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) < RIGHT


def test_the_tables_have_medians_and_their_spread() -> None:
    table = felt_table([runs_of(CASES[0])])
    assert "| Tokyo to Tokyo (NRT), 8B (10 ms) | 55 ms | 90 ms (86 to 185, n=3) | 400 ms (400 to 400, n=1) |" in table
    assert "| page | 10 ms (6 to 105, n=3) |" in split_table([runs_of(CASES[0])])


def test_what_could_not_be_measured_is_said_to_be_missing() -> None:
    runs = runs_of(CASES[0])
    runs.cold.clear()
    assert "| none |" in felt_table([runs])
