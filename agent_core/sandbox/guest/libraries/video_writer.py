"""Lets matplotlib and imageio write videos as they do with the program ffmpeg, which cannot be started here."""

import io
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def repair_animation(animation: Any) -> None:
    """Give matplotlib.animation a writer that encodes in this process, under the name that it looks for.

    Args:
        animation: The module, imported.
    """
    if find_spec("av") is None:
        return

    class VideoWriter(animation.AbstractMovieWriter):
        """Writes frames to a video file by PyAV."""

        def __init__(
            self, fps: float = 5, metadata: Any = None, codec: Any = None, bitrate: Any = None, **_: Any
        ) -> None:
            super().__init__(fps, metadata, codec, bitrate)

        @classmethod
        def isAvailable(cls) -> bool:
            return True

        def setup(self, fig: Any, outfile: Any, dpi: float | None = None) -> None:
            import av

            super().setup(fig, outfile, dpi)
            self._file = av.open(str(outfile), "w")
            rate = Fraction(self.fps).limit_denominator(1000)
            self._stream: Any = self._file.add_stream("h264" if self.codec in (None, "auto") else self.codec, rate)
            self._stream.pix_fmt = "yuv420p"
            self._stream.width, self._stream.height = (size // 2 * 2 for size in self.frame_size)  # it takes even ones

        def grab_frame(self, **savefig_kwargs: Any) -> None:
            import av
            import numpy as np

            buffer = io.BytesIO()
            self.fig.savefig(buffer, format="rgba", dpi=self.dpi, **savefig_kwargs)
            width, height = self.frame_size
            pixels = np.frombuffer(buffer.getvalue(), np.uint8).reshape(height, width, 4)
            even = np.ascontiguousarray(pixels[: self._stream.height, : self._stream.width, :3])
            self._file.mux(self._stream.encode(av.VideoFrame.from_ndarray(even, "rgb24")))

        def finish(self) -> None:
            self._file.mux(self._stream.encode(None))
            self._file.close()

    animation.writers.register("ffmpeg")(VideoWriter)
    animation.FFMpegWriter = VideoWriter


_OPTIONS = ("fps", "in_pixel_format", "out_pixel_format", "filter_sequence", "filter_graph")  # others are ffmpeg's own
_CODECS = {".webm": "libvpx-vp9", ".ogv": "libtheora"}


def repair_imageio(_: Any) -> None:
    """Have imageio's plugin for PyAV take what code passes to the one for ffmpeg."""
    pyav: Any = import_module("imageio.plugins.pyav")  # which imageio imports when it is needed
    write = pyav.PyAVPlugin.write

    def write_like_ffmpeg(plugin: Any, ndimage: Any, *, codec: str | None = None, **options: Any) -> Any:
        known = {name: value for name, value in options.items() if name in _OPTIONS}
        frames = ndimage if "in_pixel_format" in known else _rgb_frames(ndimage)
        codec = codec or _CODECS.get(str(plugin.request.extension), "libx264")
        return write(plugin, frames, codec=codec, is_batch=True, **known)

    write_like_ffmpeg.__doc__ = write.__doc__
    pyav.PyAVPlugin.write = write_like_ffmpeg


def _rgb_frames(given: Any) -> Any:
    """Return frames, or one, as an array of RGB frames of even width and height."""
    import numpy as np

    frames = np.asarray(given)
    if frames.dtype != np.uint8:
        frames = np.clip(frames * 255 if frames.dtype.kind == "f" and frames.max() <= 1 else frames, 0, 255)
        frames = frames.astype(np.uint8)
    if frames.ndim == 2 or (frames.ndim == 3 and frames.shape[2] in (3, 4)):  # one frame
        frames = frames[None]
    if frames.ndim == 3:  # grey
        frames = np.repeat(frames[..., None], 3, axis=3)
    height, width = (size // 2 * 2 for size in frames.shape[1:3])
    return frames[:, :height, :width, :3]
