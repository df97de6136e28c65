"""What ``fer bench`` measures: one concern a module."""
