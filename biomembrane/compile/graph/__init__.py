"""Graph: expressions as a hash-consed graph, and the passes over it."""
