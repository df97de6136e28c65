"""What ``fer bench`` can measure: one scenario a module."""
