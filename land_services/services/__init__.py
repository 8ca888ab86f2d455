"""One file per spatial land service: inputs, checks, change set."""
