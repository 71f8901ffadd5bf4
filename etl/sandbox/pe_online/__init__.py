"""PE-Online's web service."""
