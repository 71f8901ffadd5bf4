"""ILIAS, asked over SOAP for completed courses."""
