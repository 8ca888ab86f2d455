"""What the layers are: one file per layer, each defining ``LAYER``. The list of them is ``layers.registry.LAYERS``."""
