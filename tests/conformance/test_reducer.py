"""The cases of the reference that are at hand. `EDGECHAT_CONFORMANCE` names another folder of them."""

import os
from pathlib import Path

import pytest

from reducer import BAR, cases, check
