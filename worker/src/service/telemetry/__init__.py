"""What one can see of the service from outside: logs, timings, traces."""

from service.telemetry.models import observed_model
from service.telemetry.observe import Settings, Telemetry
from service.telemetry.record import note_error, note_route, note_user, phase

__all__ = [
    "Settings",
    "Telemetry",
    "note_error",
    "note_route",
    "note_user",
    "observed_model",
    "phase",
]
