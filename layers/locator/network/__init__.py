"""Streets as a graph: walking and driving minutes, and what is reached within them."""
