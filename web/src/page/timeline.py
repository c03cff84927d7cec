"""A small panel under an answer: where its milliseconds went, as a picture and as a table that says the same."""

from typing import Any

import js

from edgechat.ui.messages import UIMessage
from page.dom import Scope, element, put_attribute
from page.figures import Felt, figures_of
from page.strings import number, t
from page.timing import Name, RequestTiming, Source, Stretch, rounded, stretches

ENDPOINT = "/api/chat"
SVG = "http://www.w3.org/2000/svg"


def timeline_panel(message: UIMessage, felt: Felt, scope: Scope) -> Any:
    """A <details>, which is filled when it is opened: by then the browser knows all of the request."""
    panel = element("details", element("summary", t("timeline")), class_name="timeline")

    def fill(_event: object) -> None:
        if panel.childElementCount == 1:
            panel.append(*_content(message, felt))
            panel.scrollIntoView(block="nearest")

    scope.on(panel, "toggle", fill)
    return panel


def _content(message: UIMessage, felt: Felt) -> list[Any]:
    request, ttft_ms = _request_of(felt), figures_of(message).get("ttftMs")
    found = stretches(felt, request, ttft_ms) if request and ttft_ms is not None else []
    return [_picture(found), _table(found, felt)] if found else [element("p", t("timeline_unknown"))]


def _request_of(felt: Felt) -> RequestTiming | None:
    """The first request after Send. The browser tells of a request when its response has ended."""
    for entry in js.performance.getEntriesByType("resource"):
        if entry.startTime >= felt.sent_at and js.URL.new(entry.name).pathname == ENDPOINT:
            if felt.first_text_at is None or entry.responseStart > felt.first_text_at:
                return None
            return RequestTiming(
                started_at=entry.startTime,
                answered_at=entry.responseStart,
                server={str(phase.name): float(phase.duration) for phase in entry.serverTiming},
            )
    return None


def _picture(found: list[Stretch]) -> Any:
    """A staircase: each stretch begins where the one before ends. One unit is a thousandth of the whole."""
    whole = sum(stretch.ms for stretch in found) or 1
    picture = _shape("svg", viewBox=f"0 0 1000 {len(found) * 10}", preserveAspectRatio="none", aria_hidden="true")
    start = 0.0
    for step, stretch in enumerate(found):
        width = stretch.ms / whole * 1000
        box = _shape("rect", x=f"{start:.1f}", y=step * 10 + 1, width=f"{max(width, 2):.1f}", height=8)
        put_attribute(box, "class", stretch.name)
        picture.append(box)
        start += width
    return picture


def _shape(name: str, **attributes: str | int) -> Any:
    made = js.document.createElementNS(SVG, name)
    for attribute, value in attributes.items():
        put_attribute(made, attribute, value)
    return made


def _table(found: list[Stretch], felt: Felt) -> Any:
    """All that the picture shows, in words."""
    names: dict[Name, str] = {
        "page": t("timeline_page"),
        "network": t("timeline_network"),
        "auth": t("timeline_auth"),
        "history": t("timeline_history"),
        "model": t("timeline_model"),
        "delivery": t("timeline_delivery"),
        "paint": t("timeline_paint"),
    }
    sources: dict[Source, str] = {
        "page": t("measured_page"),
        "edge": t("measured_edge"),
        "difference": t("measured_difference"),
    }
    head = element("tr", *(_heading(t(key), "col") for key in ("timeline_stretch", "timeline_measured", "timeline_ms")))
    times = rounded(found)
    rows = [
        element(
            "tr",
            _heading(names[stretch.name], "row", stretch.name),
            element("td", sources[stretch.source]),
            element("td", number(ms, 1)),
        )
        for stretch, ms in zip(found, times, strict=True)
    ]
    sums = [_row("timeline_first_words", sum(times))]
    if felt.ended_at is not None and felt.first_paint_at is not None:
        sums.append(_row("timeline_rest", felt.ended_at - felt.first_paint_at))
    parts = (element("thead", head), element("tbody", *rows), element("tfoot", *sums))
    return element("table", element("caption", t("timeline_caption"), class_name="hidden"), *parts)


def _heading(text: str, scope: str, class_name: str = "") -> Any:
    return element("th", text, class_name=class_name, scope=scope)


def _row(key: str, ms: float) -> Any:
    return element("tr", _heading(t(key), "row"), element("td", t("measured_page")), element("td", number(ms, 1)))
