"""Which addresses from outside may be followed."""

import re
from collections.abc import Mapping

_SAFE = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f\x7f]+", re.IGNORECASE)


def is_safe(url: str) -> bool:
    """Web and mail, in full: nothing that runs, nothing on this site, nothing that a browser would mend first."""
    return _SAFE.fullmatch(url) is not None


def link_attributes(url: str) -> Mapping[str, str]:
    """For an `a`; empty for what may not be followed, which makes it plain text."""
    if not is_safe(url):
        return {}
    return {"href": url, "rel": "noopener noreferrer", "target": "_blank"}
