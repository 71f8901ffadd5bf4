"""PE-Online: accreditation points, sent over SOAP."""
