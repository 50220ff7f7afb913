"""How changes travel: the protocol of both ends, and the terminal's side of it."""
