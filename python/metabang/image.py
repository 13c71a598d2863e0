"""From a photo to a network's input, by the transform the network was evaluated with."""

import os
from dataclasses import dataclass

import numpy as np

from metabang.arguments import checked
from metabang.input_errors import InputError


class ImageError(InputError):
    """An image that cannot be read."""


@dataclass(frozen=True)
class Preprocess:
    """An evaluation transform: crop the centre, resize, normalise.

    Crop first (TensorFlow's): a centred square of ``size / resize`` of the shorter side becomes ``size`` x ``size``.
    Resize first (torchvision's): the shorter side becomes ``resize``, then a centred ``size`` x ``size`` is cut out.
    Values 0..255 are scaled to ``(value - mean) / std`` by channel.
    """

    size: int
    resize: int
    crop_first: bool
    interpolation: str  # "bilinear" or "bicubic"
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @checked
    def __call__(self, path: str | os.PathLike) -> np.ndarray:
        """Reads and transforms one image.

        Returns:
            float32 array of shape [1, 3, size, size], RGB.

        Raises:
            ImageError: the file is missing, or is no image.
        """
        image = read_rgb(path)
        square = self._crop_then_resize(image) if self.crop_first else self._resize_then_crop(image)
        pixels = (np.asarray(square, np.float64) - self.mean) / self.std
        return pixels.transpose(2, 0, 1)[None].astype(np.float32)

    def _crop_then_resize(self, image):
        side = max(1, int(self.size / self.resize * min(image.size)))
        left, top = (image.width - side + 1) // 2, (image.height - side + 1) // 2
        return image.resize((self.size, self.size), self._filter(), box=(left, top, left + side, top + side))

    def _resize_then_crop(self, image):
        short = min(image.size)
        width, height = (max(self.size, int(self.resize * n / short)) for n in image.size)
        left, top = round((width - self.size) / 2), round((height - self.size) / 2)
        return image.resize((width, height), self._filter()).crop((left, top, left + self.size, top + self.size))

    def _filter(self):
        from PIL import Image

        return {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}[self.interpolation]


def read_rgb(path: str | os.PathLike):
    """Opens an image as RGB, turned the way its EXIF orientation says.

    Raises:
        ImageError: Pillow is not installed, or the file is missing, truncated or no image.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise ImageError("reading images needs Pillow; install it with: pip install 'metabang[models]'") from None
    name = os.fspath(path)
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except UnidentifiedImageError:
        raise ImageError(f"{name} is no image that can be read; give a JPEG, PNG or WebP file") from None
    except Image.DecompressionBombError:
        raise ImageError(f"image {name} has too many pixels; give a smaller one") from None
    except FileNotFoundError:
        raise ImageError(f"image {name} does not exist") from None
    except OSError as error:
        raise ImageError(f"image {name} cannot be read: {error.strerror or error}") from None
    except (SyntaxError, ValueError, EOFError, MemoryError):  # Pillow's decoders raise these on damaged files
        raise ImageError(f"image {name} is damaged") from None
