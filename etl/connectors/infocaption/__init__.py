"""InfoCaption: asked every night for who passed which course."""
