"""HTTP: pages, API, the stream, authorization."""
