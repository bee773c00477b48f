"""Ways to sign in, and the guard in front of every request."""
