"""Study: what a model answers, and whether it answers right."""
