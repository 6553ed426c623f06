"""The room oauth."""
