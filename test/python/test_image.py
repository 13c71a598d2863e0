"""The evaluation transforms, and files that are no images."""

import numpy as np
import pytest
from PIL import Image

from metabang import data, models
from metabang.image import ImageError, Preprocess

TF = models.get("efficientnet_lite0").preprocess
TORCHVISION = models.get("resnet18").preprocess


def save(tmp_path, pixels, name="image.png", **options):
    Image.fromarray(pixels).save(tmp_path / name, **options)
    return tmp_path / name


def test_values_are_normalised_by_channel(tmp_path):
    pixels = np.full((300, 400, 3), (0, 127, 255), np.uint8)
    lite = TF(save(tmp_path, pixels))
    assert lite.shape == (1, 3, 224, 224) and lite.dtype == np.float32
    np.testing.assert_allclose(lite[0, :, 100, 100], [-127 / 128, 0, 1], atol=1e-6)
    expected = (np.array([0, 127 / 255, 1]) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(TORCHVISION(tmp_path / "image.png")[0, :, 3, 3], expected, atol=1e-6)


@pytest.mark.parametrize("transform", [TF, TORCHVISION])
@pytest.mark.parametrize("size", [(50, 31), (300, 451), (1000, 224), (1, 1)])
def test_any_size_becomes_the_input_size(transform, size, tmp_path):
    assert transform(save(tmp_path, np.zeros((*size, 3), np.uint8))).shape == (1, 3, 224, 224)


def test_the_centre_is_kept(tmp_path):
    """Of 256 x 256 both transforms keep rows and columns 16 to 239 as they are."""
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    centre = pixels[16:240, 16:240].astype(np.float64).transpose(2, 0, 1)
    path = save(tmp_path, pixels)
    np.testing.assert_allclose(TF(path)[0], (centre - 127) / 128, atol=1e-6)
    mean, std = (np.array(v)[:, None, None] for v in (TORCHVISION.mean, TORCHVISION.std))
    np.testing.assert_allclose(TORCHVISION(path)[0], (centre - mean) / std, atol=1e-5)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "CMYK"])
def test_modes_become_rgb(mode, tmp_path):
    path = tmp_path / ("image.jpg" if mode == "CMYK" else "image.png")
    Image.new("RGB", (64, 64), (255, 255, 255)).convert(mode).save(path)
    np.testing.assert_allclose(Preprocess(8, 8, True, "bilinear", (0,) * 3, (255,) * 3)(path), 1, atol=0.02)


def test_exif_orientation_is_followed(tmp_path):
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:4] = 255  # white above; orientation 3 turns it below
    exif = Image.Exif()
    exif[0x0112] = 3
    out = Preprocess(8, 8, True, "bilinear", (0,) * 3, (255,) * 3)(save(tmp_path, pixels, exif=exif))
    assert out[0, 0, 0, 0] == 0 and out[0, 0, 7, 0] == 1


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_no_image_is_one_sentence(content, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        TF(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_truncated_missing_and_directory(tmp_path):
    photo = tmp_path / "half.jpg"
    photo.write_bytes(data.PHOTO.read_bytes()[:20000])
    for path, reason in ((photo, "truncated"), (tmp_path / "none.png", "does not exist"), (tmp_path, "directory")):
        with pytest.raises(ImageError, match=reason):
            TF(path)


def test_labels():
    labels = data.imagenet_labels()
    assert len(labels) == len(set(labels)) == 1000
    assert labels[data.PHOTO_LABEL] == "espresso" and labels[0] == "tench" and labels[999] == "toilet tissue"
