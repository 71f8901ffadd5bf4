"""Signed messages of e-learning systems: who sends them, what they say, that they are kept, and what is answered."""
