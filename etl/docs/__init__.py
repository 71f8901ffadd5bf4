"""Pages that are made from the product itself, so that they cannot say something else."""
