"""The routes below ``/api``."""
