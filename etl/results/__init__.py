"""What is recorded, whatever the source, and what people decide about it."""
