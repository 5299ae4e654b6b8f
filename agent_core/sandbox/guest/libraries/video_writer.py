"""Lets matplotlib's animations be saved as videos without the program ffmpeg, which cannot be started here."""

import io
from fractions import Fraction
from importlib.util import find_spec
from typing import Any


def install(animation: Any) -> None:
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
