"""The room keys."""
