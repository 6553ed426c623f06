"""The tests of tiled_jupyter, a ring per directory."""
