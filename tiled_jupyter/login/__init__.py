"""The room login."""
