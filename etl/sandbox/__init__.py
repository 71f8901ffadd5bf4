"""Stand-ins for the outside systems, over real sockets, misbehaving as the real ones do."""
