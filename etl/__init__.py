"""Carries what people learned from the systems where they learn to the places where it counts."""
