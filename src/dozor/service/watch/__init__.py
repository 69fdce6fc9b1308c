"""When to ask whom again, so that news is found soon and nobody is asked too often."""
