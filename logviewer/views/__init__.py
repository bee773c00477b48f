"""Views: lines by position or time, of one source or several, and line counts over time."""
