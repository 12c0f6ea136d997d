"""What practitioners tell of matches, kept as levels of agreement alone; and weights learnt from it, safely."""
