"""The handwritten digits that ship in scikit-learn: 1797 images of 8x8 (UCI ML, Alpaydin and Kaynak 1998)."""

from dataclasses import dataclass, replace

import numpy as np

from metabang.input_errors import InputError
from metabang.nn.windows import positive


@dataclass(frozen=True)
class Digits:
    """images float32 [N, 1, 8, 8] in [0, 1], labels int32 [N], in a fixed order; the first `training` are learned."""

    images: np.ndarray
    labels: np.ndarray
    training: int = 1500
    classes: int = 10

    @staticmethod
    def load() -> "Digits":
        """Raises InputError without scikit-learn."""
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            raise InputError(
                "the digits come with scikit-learn, which is not installed; run: pip install scikit-learn"
            ) from None
        data = load_digits()
        order = np.random.default_rng(0).permutation(len(data.target))
        images = (data.images[order] / 16).astype(np.float32)[:, None]
        return Digits(images, data.target[order].astype(np.int32))

    def limited(self, images: int) -> "Digits":
        """The first ``images`` of the training images (all, if there are fewer), and as many held-out ones at most."""
        positive(images=images)
        training, held_out = min(images, self.training), self.training + images
        chosen = [*range(training), *range(self.training, min(held_out, len(self.labels)))]
        return replace(self, images=self.images[chosen], labels=self.labels[chosen], training=training)

    def batches(self, size: int, seed: int):
        """Training images and labels, shuffled by ``seed``, in batches of exactly ``size``; the rest is left out."""
        positive(size=size)
        order = np.random.default_rng(seed).permutation(self.training)
        for start in range(0, self.training - size + 1, size):
            chosen = order[start : start + size]
            yield self.images[chosen], self.labels[chosen]

    @property
    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        return self.images[self.training :], self.labels[self.training :]
