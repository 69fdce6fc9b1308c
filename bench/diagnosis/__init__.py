"""The diagnosis measured in the simulated world."""
