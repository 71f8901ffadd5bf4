"""How a flow runs, whatever the system."""
