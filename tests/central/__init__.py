"""Central model providers on 127.0.0.1: see `central.server`."""

from central.rules import Refusal
from central.server import CentralServer, Received

__all__ = ["CentralServer", "Received", "Refusal"]
