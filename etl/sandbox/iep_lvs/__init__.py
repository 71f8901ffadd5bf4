"""A supplier's system that sends pupils' results."""
