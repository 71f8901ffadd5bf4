"""Why something was recorded: one shape of the answer, and how each kind of result comes to it."""
