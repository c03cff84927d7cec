"""`strings.json`: each language says all that the page can say, and nothing else."""

import re
import string
from pathlib import Path

import pytest

from page import strings
from page.strings import number, t

SOURCE = Path(__file__).resolve().parents[3] / "web" / "src"
LANGUAGES = ["en", "de", "ja", "ar"]
IN_HTML = re.compile(r'\bdata-t(?:-label|-placeholder|-title)?="([^"]*)"')
IN_PYTHON = re.compile(r'\bt\(\s*"([^"]*)"')
IN_SHELL = re.compile(r"\bwords\.(\w+)")

type Catalogue = dict[str, dict[str, str]]


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def sources() -> str:
    return "\n".join(file.read_text() for file in SOURCE.rglob("*") if file.suffix in (".py", ".js", ".html"))


def used() -> set[str]:
    in_shell = set(IN_SHELL.findall((SOURCE / "shell.js").read_text()))
    return in_shell | {key for pattern in (IN_HTML, IN_PYTHON) for key in pattern.findall(sources())}


def attributes(tag: str) -> dict[str, str]:
    return dict(re.findall(r'([\w-]+)="([^"]*)"', tag))


def test_these_are_the_languages(catalogue: Catalogue) -> None:
    assert list(catalogue) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_keys_in_the_same_order(catalogue: Catalogue, language: str) -> None:
    assert list(catalogue[language]) == list(catalogue["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_placeholders(catalogue: Catalogue, language: str) -> None:
    for key, words in catalogue[language].items():
        assert words.strip(), key
        assert placeholders(words) == placeholders(catalogue["en"][key]), key


def test_what_the_page_says_is_in_the_catalogue(catalogue: Catalogue) -> None:
    assert used() - set(catalogue["en"]) == set()


def test_what_is_in_the_catalogue_is_said(catalogue: Catalogue) -> None:
    quoted = set(re.findall(r'["\'](\w+)["\']', sources()))
    assert set(catalogue["en"]) - used() - quoted == set()


def test_the_html_is_written_in_english(catalogue: Catalogue) -> None:
    html, english = (SOURCE / "index.html").read_text(), catalogue["en"]
    for key, text in re.findall(r'\bdata-t="([^"]*)"[^>]*>([^<]*)<', html):
        assert text == english[key]
    for attribute in ("aria-label", "placeholder", "title"):
        mark = f"data-t-{attribute.removeprefix('aria-')}"
        for tag in re.findall(rf"<[^>]*{mark}=[^>]*>", html):
            assert attributes(tag)[attribute] == english[attributes(tag)[mark]]


def test_fields_fill_the_placeholders() -> None:
    assert t("token_rate", rate=48) == "48 tokens/s"


def test_the_page_speaks_one_language_at_a_time(catalogue: Catalogue) -> None:
    assert number(1.25, 1) == "1.2"
    strings.speak(catalogue["de"])
    assert t("send") == "Senden"
    assert number(1.25, 1) == "1,2"
