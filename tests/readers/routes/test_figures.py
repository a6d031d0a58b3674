"""What Prometheus is told: of requests, of the views, of what came in; never of anybody."""

from prometheus_client.parser import text_string_to_metric_families

from eventlog.errors import LogUnavailable
from tests.readers.desk import STRUCTURED, Desk

# No number that is measured has letters in it.
WHOSE = "account_no:ANN-7731"
ORDER = f"2026-01-01T09:00 order.placed O-1 {WHOSE}"


def figures(desk: Desk) -> dict[tuple[str, ...], float]:
    """Return every figure by its name and labels."""
    answer = desk.get("/metrics")
    assert answer.status_code == 200
    assert "ANN-7731" not in answer.text
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_never_by_path(desk: Desk) -> None:
    """Whatever is asked for, there are as many figures as routes."""
    desk.tell(ORDER)
    customer_id = desk.customer_id(WHOSE)
    desk.get(f"/v1/customers/{customer_id}/timeline")
    desk.get("/v1/nothing")
    desk.send("BREW", "/v1/find")
    found = figures(desk)
    route = "/v1/customers/{customer_id}/timeline"
    assert found["toldonce_http_requests_total", "GET", route, "200"] == 1
    assert found["toldonce_http_request_seconds_count", "GET", route] == 1
    assert found["toldonce_http_requests_total", "none", "none", "404"] == 1
    assert not any(customer_id in name or "BREW" in name for name in found)


def test_the_views_are_told_with_what_they_have_not_read(desk: Desk) -> None:
    """How many entries, and since when the oldest of them is there."""
    desk.tell(ORDER)
    assert figures(desk)["toldonce_oldest_unread_seconds",] == 0
    desk.publish(f"2026-01-02T09:00 order.placed O-2 {WHOSE}")
    desk.publish(f"2026-01-02T09:00 order.placed O-3 {WHOSE}")
    found = figures(desk)
    assert found["toldonce_view_lag_entries", "timeline"] == 2
    assert found["toldonce_log_head",] == 3
    assert found["toldonce_oldest_unread_seconds",] > 0
    assert found["toldonce_parked_customers",] == 0
    assert found["toldonce_live_listeners",] == 0
    assert found["toldonce_http_events_total", "stored"] == 2


def test_what_was_refused_is_counted(desk: Desk) -> None:
    """Verdicts over HTTP, and what is in quarantine."""
    sent = desk.send("POST", "/v1/events", content=b"{}", headers=STRUCTURED)
    assert sent.status_code == 422
    assert figures(desk)["toldonce_http_events_total", "invalid"] == 1


def test_figures_are_there_while_the_database_is_away(desk: Desk) -> None:
    """What is known of the process itself is told, and that the rest cannot be."""

    def away() -> None:
        raise LogUnavailable(reason="gone")

    progress = desk.parts.views.progress
    progress.status = away  # type: ignore[assignment,method-assign]
    found = figures(desk)
    assert found["toldonce_database_up",] == 0
    assert ("toldonce_log_head",) not in found
