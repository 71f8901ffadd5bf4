"""An InfoCaption site."""
