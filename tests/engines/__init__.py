"""The scripts that give a job its key, as the product writes them, on real engines; run by `make engines`, as root."""
