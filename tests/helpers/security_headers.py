"""The security headers of every response."""

import httpx

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
POLICIES = [
    "default-src 'none'",
    "script-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
]


def assert_security_headers(response: httpx.Response) -> None:
    """Assert that the response has all of them and does not name the server."""
    assert HEADERS.items() <= dict(response.headers).items()
    policy = response.headers["content-security-policy"].split("; ")
    assert set(POLICIES) <= set(policy)
    assert "unsafe" not in response.headers["content-security-policy"]
    assert "server" not in response.headers
