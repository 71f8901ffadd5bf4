"""CertWell: who passed or failed an exam, sent in signed messages."""
