"""Any e-learning system that sends the generic message of completed courses."""
