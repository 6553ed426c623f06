"""The room state."""
