"""An ILIAS site as a stand-in."""
