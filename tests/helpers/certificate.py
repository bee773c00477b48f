"""A self-signed certificate for 127.0.0.1."""

import subprocess
from pathlib import Path

from tests.helpers.programs import require

_WORDS = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
_NAMES = ["-subj", "/CN=logviewer", "-addext", "subjectAltName=IP:127.0.0.1"]


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Write ``cert.pem`` and ``key.pem``, and return both paths."""
    require("openssl")
    certificate, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run([*_WORDS, *_NAMES, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key
