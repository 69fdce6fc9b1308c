"""A local peer that speaks the systems' protocols from fixtures, faults included, so that all can be tried offline."""
