"""What the server was told to do: the settings once checked, whichever of flag, environment or file they came from."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """``paths`` as typed: files, globs, directories, ``-``. ``token`` is None where nobody has to sign in."""

    paths: tuple[str, ...]
    host: str
    port: int
    token: str | None
    open_browser: bool
    root_path: str = ""
    allow_host: tuple[str, ...] = ()
    allow_origin: tuple[str, ...] = ()
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
