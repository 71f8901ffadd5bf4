"""What a reference file is made of: columns, the kinds of their values, and rules between them."""
