"""The samples of ``/metrics``."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from tests.helpers.server import Server


def metrics(server: Server) -> Mapping[str, float]:
    """Return the samples by name; a dot and the value of the only label follow the name."""
    families = text_string_to_metric_families(server.get("/metrics").raise_for_status().text)
    return {
        ".".join((sample.name, *sample.labels.values())): sample.value for each in families for sample in each.samples
    }


def metric(server: Server, name: str) -> float:
    """Return the sample ``logviewer_<name>``."""
    return metrics(server)[f"logviewer_{name}"]
