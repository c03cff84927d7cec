"""Which model answers: one at the edge, or a central one. Models that answer badly or not at all give way to others."""

from edgechat.routing.breaker import CircuitBreaker
from edgechat.routing.guard import GuardedModel
from edgechat.routing.hedge import HedgedModel
from edgechat.routing.model import RoutedModel
from edgechat.routing.refusal import RefusalDetector
from edgechat.routing.router import Classifier, RouteDecision, Router, RouterConfig
from edgechat.routing.signals import RouteRequest, Side

__all__ = [
    "CircuitBreaker",
    "Classifier",
    "GuardedModel",
    "HedgedModel",
    "RefusalDetector",
    "RouteDecision",
    "RouteRequest",
    "RoutedModel",
    "Router",
    "RouterConfig",
    "Side",
]
