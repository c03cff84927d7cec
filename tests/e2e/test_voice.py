"""One speaks into the microphone of a real browser: a recording that was made before takes its place."""

import math
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from e2e.conftest import QUIET, executable
from live import Pop
from playwright.sync_api import Browser, Page, expect
from scripted_ai import ScriptedAI
from watching import Complaints, watch

READY = 60_000
SOON = 20_000


def tone(path: Path) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 48_000, 0, "NONE", ""))
        samples = (round(12_000 * math.sin(i / 20)) for i in range(48_000))
        sound.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return path


@contextmanager
def speaking(browser: Browser, recording: Path, url: str) -> Iterator[Page]:
    """A page whose microphone hears the recording, again and again."""
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    flags += [f"--use-file-for-fake-audio-capture={recording}", "--autoplay-policy=user-gesture-required"]
    complaints = Complaints()
    other = browser.browser_type.launch(executable_path=executable(browser.browser_type), args=[*QUIET, *flags])
    try:
        page = other.new_context(base_url=url, service_workers="block").new_page()
        watch(page, url, complaints)
        page.add_init_script(PLAYED)
        page.goto("/")
        expect(page.locator("#state")).to_have_text("Ready", timeout=READY)
        yield page
        complaints.expect("status of 422")  # which Chromium calls an error: nothing was heard
        assert complaints == []
    finally:
        other.close()


# What the page plays, since nobody listens.
PLAYED = """
window.played = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () { window.played.push(this.src.slice(0, 5)); return play.call(this); };
"""


def wait(page: Page, condition: str) -> None:
    """Playwright's own would evaluate a string in the page, which the policy forbids."""
    end = time.monotonic() + READY / 1_000
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(50)


# A browser that asks, and somebody who takes their time.
LENDS = """(ms) => {
  const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
  window.streams = [];
  devices.getUserMedia = async (wanted) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    window.streams.push(await ask(wanted));
    return window.streams.at(-1);
  };
}"""


@pytest.fixture
def said(browser: Browser, scripted_service: Pop, tmp_path: Path) -> Iterator[Page]:
    with speaking(browser, tone(tmp_path / "tone.wav"), scripted_service.url) as page:
        yield page


def test_what_one_says_is_sent_and_the_answer_is_read_aloud(said: Page, scripted_ai: ScriptedAI) -> None:
    scripted_ai.hears = [["say", '[["say", "It is Paris. It is in France."]]']]
    button = said.get_by_role("button", name="Speak", exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(said.locator("#voice")).to_contain_text("Listening")
    expect(said.locator("#level")).to_be_visible()
    wait(said, "document.getElementById('level').value > 0.1")
    button.click()
    answer = said.locator("article[data-role=assistant]")
    expect(answer).to_contain_text("It is Paris.", timeout=SOON)
    wait(said, "window.played.length > 0")
    assert set(said.evaluate("window.played")) == {"blob:"}
    expect(said.locator("#pace")).to_contain_text("s of 1.5", timeout=SOON)
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(said.locator("#voice")).to_have_text("")


def test_an_answer_is_read_again_and_stopped(said: Page, scripted_ai: ScriptedAI) -> None:
    said.get_by_label("Message", exact=True).fill('[["say", "One. Two."]]')
    said.keyboard.press("Enter")
    answer = said.locator("article[data-role=assistant]")
    answer.get_by_role("button", name="Read aloud").click(timeout=SOON)
    expect(answer.get_by_role("button", name="Stop reading")).to_be_visible()
    expect(answer.get_by_role("button", name="Read aloud")).to_be_visible(timeout=SOON)  # it is over
    assert said.evaluate("window.played.length") == 1


def test_the_button_is_held_while_one_speaks(said: Page, scripted_ai: ScriptedAI) -> None:
    scripted_ai.hears = [["say", '[["say", "Held."]]']]
    said.get_by_role("button", name="Speak", exact=True).hover()
    said.mouse.down()
    expect(said.locator("#level")).to_be_visible()
    said.wait_for_timeout(600)
    said.mouse.up()
    expect(said.locator("article[data-role=assistant]")).to_contain_text("Held.", timeout=SOON)


def test_escape_sends_nothing(said: Page, scripted_ai: ScriptedAI) -> None:
    asked = len(scripted_ai.calls)
    button = said.get_by_role("button", name="Speak", exact=True)
    button.focus()
    said.keyboard.press("Enter")
    expect(said.locator("#level")).to_be_visible()
    said.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(said.locator("#level")).to_be_hidden()
    said.wait_for_timeout(500)
    assert len(scripted_ai.calls) == asked
    expect(said.locator("article")).to_have_count(0)


def test_a_microphone_that_comes_too_late_is_let_go(said: Page) -> None:
    said.evaluate(LENDS, 1_500)
    said.get_by_role("button", name="Speak", exact=True).click()
    expect(said.locator("#voice")).to_contain_text("May the page use the microphone?")
    said.keyboard.press("Escape")
    wait(said, "window.streams.length > 0")
    wait(said, "window.streams.every(stream => stream.getTracks().every(track => track.readyState === 'ended'))")
    expect(said.locator("#level")).to_be_hidden()


def test_what_was_said_until_the_microphone_went_is_sent(said: Page, scripted_ai: ScriptedAI) -> None:
    scripted_ai.hears = [["say", '[["say", "Heard."]]']]
    said.evaluate(LENDS, 0)
    button = said.get_by_role("button", name="Speak", exact=True)
    button.click()
    expect(said.locator("#level")).to_be_visible()
    said.wait_for_timeout(500)
    said.evaluate("window.streams[0].getTracks().forEach(track => track.stop())")
    said.wait_for_timeout(500)
    button.click()
    expect(said.locator("article[data-role=assistant]")).to_contain_text("Heard.", timeout=SOON)


def test_what_one_says_is_for_the_chat_in_which_one_says_it(said: Page, scripted_ai: ScriptedAI) -> None:
    scripted_ai.hears = [["hang"]]
    button = said.get_by_role("button", name="Speak", exact=True)
    button.click()
    expect(said.locator("#level")).to_be_visible()
    button.click()
    expect(said.locator("#voice")).to_contain_text("Understanding")
    said.get_by_role("link", name="New chat").click()
    expect(said.locator("#voice")).to_have_text("")


def test_silence_is_told_and_nothing_is_sent(said: Page, scripted_ai: ScriptedAI) -> None:
    scripted_ai.hears = [["say", " "]]
    button = said.get_by_role("button", name="Speak", exact=True)
    button.click()
    expect(said.locator("#level")).to_be_visible()
    button.click()
    expect(said.get_by_role("alert")).to_contain_text("Nothing was heard", timeout=SOON)
    expect(said.locator("article")).to_have_count(0)


@pytest.mark.parametrize(
    ("error", "told"), [("NotAllowedError", "blocked for this page"), ("NotFoundError", "No microphone was found")]
)
def test_without_a_microphone_one_is_told_why(page: Page, error: str, told: str) -> None:
    page.add_init_script(
        f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', '{error}'))"
    )
    page.goto("/")
    expect(page.locator("#state")).to_have_text("Ready", timeout=READY)
    page.get_by_role("button", name="Speak", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_role("button", name="Speak", exact=True)).to_have_attribute("aria-pressed", "false")


def test_a_question_is_heard_answered_and_spoken_by_real_models(
    browser: Browser, chat_service: Pop, tmp_path: Path
) -> None:
    speech = pytest.importorskip("pop.ai.speech").installed()
    if not (speech.ears and speech.voice):
        pytest.skip("Whisper and Piper are not installed: make setup-voice")
    recording = tmp_path / "question.wav"
    recording.write_bytes(speech.voice("Please tell me, what is the capital of Italy?", threading.Event()))
    with speaking(browser, recording, chat_service.url) as page:
        button = page.get_by_role("button", name="Speak", exact=True)
        button.click()
        page.wait_for_timeout(7_000)  # at least once from its beginning to its end
        button.click()
        expect(page.locator("article[data-role=user]")).to_contain_text("capital", ignore_case=True, timeout=60_000)
        expect(page.locator("article[data-role=assistant] footer")).to_contain_text("tokens/s", timeout=60_000)
        wait(page, "window.played.length > 0")
