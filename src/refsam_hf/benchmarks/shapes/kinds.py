"""The kinds of expressions, and how much of the benchmark each makes up."""

APPEARANCE, RELATION, MOTION = "appearance", "relation", "motion"
REAPPEARANCE, ABSENT = "reappearance", "absent"

# Of every 20 clips: 40 % appearance, 25 % relation, 15 % motion, 10 % reappearance, 10 % absent.
MIX: dict[str, int] = {APPEARANCE: 8, RELATION: 5, MOTION: 3, REAPPEARANCE: 2, ABSENT: 2}

# Without so many objects there is nothing to say of that kind.
LEAST_OBJECTS: dict[str, int] = {APPEARANCE: 2, RELATION: 3, MOTION: 2, REAPPEARANCE: 3, ABSENT: 2}
