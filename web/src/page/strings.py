"""The words of the page, in the language of its reader: `strings.json` has them all, `shell.js` picks the language."""

from collections.abc import Mapping

_words: dict[str, str] = {}


def speak(words: Mapping[str, str]) -> None:
    """From now on `t` takes its words from here: one language of `strings.json`."""
    _words.clear()
    _words.update(words)


def t(key: str, **fields: object) -> str:
    """The words for a key. `fields` fill the {placeholders}; a number comes as it shall be shown."""
    return _words[key].format_map(fields)


def number(value: float, digits: int = 0) -> str:
    """With so many digits after the point, which is a comma in some languages."""
    return f"{value:.{digits}f}".replace(".", t("decimal_point"))
