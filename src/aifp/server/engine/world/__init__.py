"""What is known outside, and the conditions that look at it."""
