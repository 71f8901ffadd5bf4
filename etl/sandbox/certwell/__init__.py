"""Plays CertWell."""
