"""What operators watch, in Prometheus' words. One registry per app, so that several apps can live in one process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_TURN_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.turn_seconds = Histogram(
            "doorman_turn_seconds",
            "Until the dispatcher answered.",
            ("kind",),
            buckets=_TURN_SECONDS,
            registry=self.registry,
        )
        self.slow_turns = Counter(
            "doorman_slow_turns", "Turns that were told that it takes longer.", registry=self.registry
        )
        self.refused = Counter(
            "doorman_inbound_refused", "Calls to /api/messages turned away.", ("reason",), registry=self.registry
        )
        self.callouts = Counter(
            "doorman_callouts",
            "Callouts of custom extensions, by what became of them.",
            ("outcome",),
            registry=self.registry,
        )
        self.connector_calls = Counter(
            "doorman_connector_calls", "Calls to the Bot Connector.", ("operation", "status"), registry=self.registry
        )
        self.graph_calls = Counter(
            "doorman_graph_calls", "Calls to Microsoft Graph.", ("method", "status"), registry=self.registry
        )
        self.repeated_messages = Counter(
            "doorman_repeated_messages", "Messages posted again after an interruption.", registry=self.registry
        )
        self.stale_cards = Counter(
            "doorman_stale_cards", "Cards that offered a decision when there was none to make.", registry=self.registry
        )
        self.stale_card_seconds = Gauge(
            "doorman_stale_card_seconds", "How long the oldest of those found last was wrong.", registry=self.registry
        )
        self.sign_ins = Counter("doorman_sign_ins", "Steps of signing in.", ("step", "outcome"), registry=self.registry)
        self.background = Gauge("doorman_background_turns", "Turns that go on.", registry=self.registry)

    def found_stale_cards(self, count: int, oldest_seconds: float) -> None:
        self.stale_cards.inc(count)
        self.stale_card_seconds.set(oldest_seconds)

    def observe_turn(self, kind: str, seconds: float) -> None:
        self.turn_seconds.labels(kind).observe(seconds)

    def render(self) -> bytes:
        """The text format, version 0.0.4, in UTF-8."""
        return generate_latest(self.registry)
