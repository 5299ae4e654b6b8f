# The page in a container: docker build -t glassbox . && docker run --rm -p 127.0.0.1:7860:7860 glassbox
# docs/deploy.md has the rest: where chats are kept, limits, secrets. Any base with Python from 3.11 on and venv does.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}

# Its own user, who owns nothing but the folder of the chats; 1000 is also the number that Spaces run images as.
RUN useradd --uid 1000 --create-home glassbox && install -d -o glassbox -g glassbox /data

# Only the packages are in this layer, so that a change of the app does not have them installed anew.
WORKDIR /app
COPY requirements.txt .
RUN python3 -m venv /opt/glassbox \
 && /opt/glassbox/bin/python -m pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

COPY . .
RUN /opt/glassbox/bin/python -m compileall -q .

# The root file system may be read-only: all that is written goes to /data and /tmp.
ENV PATH=/opt/glassbox/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PORT=7860 GRADIO_SERVER_NAME=0.0.0.0 GLASSBOX_DATA=/data XDG_CACHE_HOME=/data/cache \
    MPLCONFIGDIR=/data/cache/matplotlib
USER glassbox
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health\")"]
CMD ["python", "app.py"]
