"""Journals of systemd for tests."""

import subprocess
from pathlib import Path

from tests.helpers.programs import find


class Journal:
    """A journal in a directory, written by systemd-journal-remote."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.count = 0
        directory.mkdir()

    def write(self, count: int, unit: str = "ssh.service", boot: str = "a1b2c3d4e5f60718293a4b5c6d7e8f90") -> list[str]:
        """Add a file with messages, and return them."""
        messages = [f"message {self.count + number}" for number in range(count)]
        entries = [
            f"__REALTIME_TIMESTAMP={1_795_700_000_000_000 + (self.count + number) * 1_000_000}\n"
            f"__MONOTONIC_TIMESTAMP={(self.count + number) * 1_000_000 + 5}\n"
            f"_BOOT_ID={boot}\nMESSAGE={message}\nPRIORITY={3 if number % 5 == 0 else 6}\n_SYSTEMD_UNIT={unit}\n\n"
            for number, message in enumerate(messages)
        ]
        output = self.directory / f"remote-{self.count:06}.journal"
        subprocess.run(
            [find("systemd-journal-remote") or "", f"--output={output}", "-"],
            input="".join(entries).encode(),
            check=True,
            capture_output=True,
        )
        self.count += count
        return messages
