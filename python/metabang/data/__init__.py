"""Data that ships with the package: the ImageNet labels and one photo (PROVENANCE.md says where from)."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent

PHOTO = _FOLDER / "espresso.jpg"
PHOTO_LABEL = 967  # the photo's true ImageNet class: espresso


@cache
def imagenet_labels() -> tuple[str, ...]:
    """The 1000 ImageNet-1k labels in label order: the first name of each class, with its WordNet id where two
    classes share that name ("crane" is a bird and a machine)."""
    lines = (_FOLDER / "imagenet_labels.txt").read_text(encoding="ascii").splitlines()
    pairs = [line.split(" ", 1) for line in lines]
    first = [names.split(",")[0] for _, names in pairs]
    shared = {name for name in first if first.count(name) > 1}
    return tuple(
        f"{name} ({synset})" if name in shared else name for name, (synset, _) in zip(first, pairs, strict=True)
    )
