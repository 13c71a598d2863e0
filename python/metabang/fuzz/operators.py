"""What a random program is made of: each function draws one operator on tensors of the pool, or answers None."""

from metabang.fuzz import elementwise, indexed, layers, movement, networks, reductions, steps

ALL = [*elementwise.ALL, *reductions.ALL, *movement.ALL, *indexed.ALL, *layers.ALL, *networks.ALL, *steps.ALL]
