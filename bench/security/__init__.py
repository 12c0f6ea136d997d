"""What an attacker could learn from time, and what a crowd of slow clients costs everybody else."""
