"""Whatever is sent: a verdict, and never an error of ours."""

import asyncio
import re
from contextlib import suppress

import pytest
from fakes import bearer, request
from hypothesis import given, settings
from hypothesis import strategies as st
from limiting import Env, limits

from edgechat.ui.messages import FilePart
from service import bursts, models
from service.attachments import checked_files, kinds
from service.routes import respond
from service.web import HTTPError

LIMITS = limits()
STARTS = st.sampled_from(
    [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF", b"<svg ", b"\xef\xbb\xbf<!DOCTYPE ", b" \n<html>"]
)


@given(STARTS, st.binary(max_size=600))
def test_no_bytes_are_two_images_or_a_document(start: bytes, rest: bytes) -> None:
    data = start + rest
    assert sum(kinds.fits(image, data) for image in kinds._IMAGES) <= 1
    if re.match(rb"(\xef\xbb\xbf)?\s*<(svg|!doctype|html)[\s>]", data, re.IGNORECASE):
        assert not kinds.fits("text/plain", data)


@given(st.text(max_size=60) | st.ip_addresses().map(str))
def test_any_header_is_an_address_or_none(header: str) -> None:
    found = bursts.address_of(request(headers={"cf-connecting-ip": header}), "s" * 32)
    assert found is None or re.fullmatch(r"[0-9a-f]{32}", found)


@given(st.text(max_size=200))
def test_any_name_of_a_model_gets_a_model_or_a_refusal(wanted: str) -> None:
    with suppress(HTTPError):
        assert models.choose(LIMITS, "guest", wanted).alias == "small"


@given(st.text(), st.text(), st.text() | st.none())
def test_no_odd_file_gets_into_a_message(url: str, media_type: str, filename: str | None) -> None:
    with pytest.raises(HTTPError):
        checked_files([FilePart(url=url, media_type=media_type, filename=filename)], LIMITS.files)


@settings(deadline=None)  # each has a database of its own
@given(st.from_regex(r"[A-Za-z0-9_.-]{1,300}", fullmatch=True))
def test_no_odd_upload_address_holds(token: str) -> None:
    asked = request("PUT", f"/api/attachments/abc/{token}", b"x", bearer("user_1"))
    assert asyncio.run(respond(asked, Env())).status == 403
