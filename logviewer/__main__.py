"""``python -m logviewer``."""

from logviewer.cli import main

main()
